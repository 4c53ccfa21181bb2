import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../base/clock.ts';
import type { GitkubeError } from '../base/errors.ts';
import { silentLogger } from '../base/log.ts';
import { FaultyApiServer } from '../test/support/faulty-api-server.ts';
import { createKube } from './client.ts';
import { type Call, fromPatchStatus, fromStatus, parseBody, readStatus } from './errors.ts';

const patch: Call = { verb: 'patch', resource: 'deployments', namespace: 'shop', name: 'www' };

// The answers of a Kubernetes 1.36 API server.
const answers = {
  testFailed: {
    code: 422,
    body: {
      kind: 'Status',
      reason: 'Invalid',
      details: {},
      message: 'the server rejected our request due to an error in our request',
    },
  },
  conflict: {
    code: 409,
    body: { kind: 'Status', reason: 'Conflict', message: 'Operation cannot be fulfilled on deployments.apps "www"' },
  },
  invalid: {
    code: 422,
    body: {
      kind: 'Status',
      reason: 'Invalid',
      message: 'Deployment.apps "www" is invalid: spec.template.spec.containers[0].name: Invalid value: "B B": a label',
      details: { name: 'www', kind: 'Deployment', causes: [{ field: 'spec.template.spec.containers[0].name' }] },
    },
  },
  webhook: {
    code: 403,
    body: { kind: 'Status', reason: 'Forbidden', message: 'admission webhook "policy.example" denied the request: no' },
  },
  rbac: {
    code: 403,
    body: {
      kind: 'Status',
      reason: 'Forbidden',
      message:
        'deployments.apps "www" is forbidden: User "bob" cannot patch resource "deployments" in API group "apps"',
    },
  },
  wholeObject: {
    code: 422,
    body: {
      kind: 'Status',
      reason: 'Invalid',
      details: { causes: [{ field: 'patch' }] },
      message:
        ' "" is invalid: patch: Invalid value: "{\\"env\\":[{\\"value\\":\\"hunter2\\"}]}": json: cannot unmarshal',
    },
  },
} as const;

function refusal(name: keyof typeof answers): GitkubeError {
  const { code, body } = answers[name];
  return fromPatchStatus(readStatus(code, JSON.stringify(body)), patch);
}

describe('a refused patch', () => {
  it.each([
    ['testFailed', 'WorkloadChanged'],
    ['conflict', 'WorkloadChanged'],
    ['invalid', 'PatchRefused'],
    ['webhook', 'PatchRefused'],
    ['rbac', 'ClusterForbidden'],
    ['wholeObject', 'PatchRefused'],
  ] as const)('%s is %s', (name, reason) => {
    expect(refusal(name).reason).toBe(reason);
  });

  it('passes on the words of the API server', () => {
    expect(refusal('webhook').message).toMatch(
      /^the API server refuses the change of Deployment www in namespace shop: admission webhook "policy.example" denied the request: no$/,
    );
  });

  it('does not pass on the object, which the API server puts into its words', () => {
    const text = inspect(refusal('wholeObject'));
    expect(text).not.toContain('hunter2');
    expect(text).toContain('cannot unmarshal');
  });
});

describe('an error status', () => {
  it('403 names verb, resource and namespace, and how to look', () => {
    const error = fromStatus(readStatus(403, ''), { verb: 'get', resource: 'secrets', namespace: 'shop' });
    expect(error).toMatchObject({
      reason: 'ClusterForbidden',
      message: 'gitkube may not get secrets in namespace shop',
    });
    expect(error.hint[0]).toMatch(/^ask the operator to run gitkube doctor/);
  });

  it('404 to a list of a kind that every cluster has names no CustomResourceDefinition, and is transient', () => {
    const error = fromStatus(readStatus(404, ''), { verb: 'list', resource: 'pods' });
    expect(error).toMatchObject({ reason: 'ClusterUnavailable', message: expect.not.stringContaining('Definition') });
  });

  it('404 to a list of Remotes says that the kind is not defined, and how to define it', () => {
    const error = fromStatus(readStatus(404, ''), { verb: 'list', resource: 'remotes' });
    expect(error.message).toBe('the cluster knows no remotes: their CustomResourceDefinition is missing');
    expect(error.hint).toEqual(['gitkube install --crd-only']);
  });

  it.each([429, 500, 503])('%i is transient', (code) => {
    const error = fromStatus(readStatus(code, 'no json'), { verb: 'list', resource: 'remotes' });
    expect(error).toMatchObject({ reason: 'ClusterUnavailable', kind: 'transient' });
    expect(error.message).toBe(`the Kubernetes API answers ${code} to list remotes in all namespaces`);
  });
});

describe('a call', () => {
  it('leaks neither body nor headers of an error answer, nor its own token', async () => {
    await using server = await FaultyApiServer.start();
    server.listFaults.push('status 500');
    const kube = createKube({ kubeconfig: server.kubeconfig, log: silentLogger, clock: systemClock });
    const error = await kube.listPods('shop', 'app=www').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ reason: 'ClusterUnavailable' });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/x-internal|secret-token|"kind"/);
  });

  it('without an answer says so', async () => {
    await using server = await FaultyApiServer.start();
    server.listFaults.push('reset', 'reset');
    const kube = createKube({ kubeconfig: server.kubeconfig, log: silentLogger, clock: systemClock });
    await expect(kube.listPods('shop', 'app=www')).rejects.toMatchObject({
      reason: 'ClusterUnavailable',
      message: 'the Kubernetes API does not answer: ECONNRESET',
    });
  });

  it.each([
    ['{}', 'the kubeconfig has no current context with a cluster'],
    [': [', /^the kubeconfig .* cannot be parsed$/],
    [kubeconfig('http://127.0.0.1:8080'), /^no kubeconfig with an https server is given \(found http:/],
  ])('is not made with the kubeconfig %s', async (text, message) => {
    const folder = await mkdtemp(join(tmpdir(), 'gitkube-kubeconfig-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'kubeconfig');
    await writeFile(file, text);
    const make = () => createKube({ kubeconfig: file, log: silentLogger, clock: systemClock });
    expect(make).toThrow(expect.objectContaining({ reason: 'ConfigInvalid', message: expect.stringMatching(message) }));
  });

  it('is not made without the kubeconfig that was named', () => {
    const make = () => createKube({ kubeconfig: '/does/not/exist', log: silentLogger, clock: systemClock });
    expect(make).toThrow('the kubeconfig /does/not/exist does not exist');
  });
});

function kubeconfig(server: string): string {
  return JSON.stringify({
    clusters: [{ name: 'c', cluster: { server } }],
    users: [{ name: 'u', user: {} }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'c',
  });
}

it.each(['<html>', '', '{'])(
  'a successful answer %j is reported as that of another server than the API server',
  (body) => {
    expect(() => parseBody(body)).toThrow('something that is not JSON');
  },
);
