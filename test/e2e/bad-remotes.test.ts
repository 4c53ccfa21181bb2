/** What `kubectl apply` says to a Remote that cannot be right: a table to read, and to extend. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kubectl, TestNamespace } from '../support/kubectl.ts';

const inContainer = (fields: object) => ({ deployments: [{ name: 'www', containers: [{ name: 'web', ...fields }] }] });
const web = { name: 'web' };
const path = 'spec.deployments[0].containers[0]';
const relative = 'must be relative to the repository root, without ..';
const branch = 'must be the name of a branch, such as main, without refs/heads/';

const bad: [what: string, spec: object, ...messages: string[]][] = [
  ['a path above the repository', inContainer({ path: '../x' }), `${path}.path: Invalid value: "../x": ${relative}`],
  [
    'a path from the root of the machine',
    inContainer({ path: '/srv' }),
    `${path}.path: Invalid value: "/srv": ${relative}`,
  ],
  ['a path that turns around', inContainer({ path: 'a/../..' }), `${path}.path: Invalid value: "a/../..": ${relative}`],
  [
    'a Dockerfile above the repository',
    inContainer({ dockerfile: 'a/../../Dockerfile' }),
    `${path}.dockerfile: Invalid value: "a/../../Dockerfile": ${relative}`,
  ],
  ['a control character in a path', inContainer({ path: 'a\nb' }), 'must not contain control characters'],
  ['a ref for a branch', { branch: 'refs/heads/main' }, `spec.branch: Invalid value: "refs/heads/main": ${branch}`],
  ['two words for a branch', { branch: 'my branch' }, `spec.branch: Invalid value: "my branch": ${branch}`],
  ['a branch that is an option', { branch: '--all' }, `spec.branch: Invalid value: "--all": ${branch}`],
  [
    'a registry with a scheme',
    { registry: { url: 'https://docker.io/user' } },
    'spec.registry.url: Invalid value: "https://docker.io/user": must be host[:port][/path] without https://, such as docker.io/user',
  ],
  [
    'a registry that is a sentence',
    { registry: { url: 'my registry' } },
    'spec.registry.url: Invalid value: "my registry"',
  ],
  [
    'an object for the name of a Secret',
    { registry: { url: 'docker.io/user', credentials: { secretRef: { name: 'regsecret' } } } },
    'unknown field "spec.registry.credentials.secretRef.name"',
  ],
  [
    'a Secret in another namespace',
    { registry: { url: 'docker.io/user', credentials: { secretRef: 'other/regsecret' } } },
    'spec.registry.credentials.secretRef: Invalid value: "other/regsecret": must be the name of a Secret in the namespace of the Remote',
  ],
  [
    'a Deployment in another namespace',
    { deployments: [{ name: 'other/www', containers: [web] }] },
    'spec.deployments[0].name: Invalid value: "other/www": must be the name of a workload in the namespace of the Remote',
  ],
  ['a Deployment without a name', { deployments: [{ containers: [web] }] }, 'spec.deployments[0].name: Required value'],
  ['a Deployment with an empty name', { deployments: [{ name: '' }] }, 'spec.deployments[0].name: Invalid value: ""'],
  [
    'a kind that there is not',
    { deployments: [{ name: 'www', kind: 'Pod', containers: [web] }] },
    'spec.deployments[0].kind: Unsupported value: "Pod": supported values: "Deployment", "StatefulSet", "DaemonSet", "CronJob"',
  ],
  [
    'a Deployment twice',
    { deployments: [{ name: 'www' }, { name: 'www' }] },
    'spec.deployments[1]: Duplicate value: {"name":"www"}',
  ],
  [
    'a container twice',
    { deployments: [{ name: 'www', containers: [web, web] }] },
    'spec.deployments[0].containers[1]: Duplicate value: {"name":"web"}',
  ],
  [
    'a name that no container can have',
    { deployments: [{ name: 'www', containers: [{ name: 'Web_1' }] }] },
    `${path}.name: Invalid value: "Web_1": must be the name of a container: lower case, digits and -`,
  ],
  [
    'a build argument that no ARG can have',
    inContainer({ buildArgs: [{ name: 'A-B', value: '1' }] }),
    `${path}.buildArgs[0].name in body should match '^[A-Za-z_][A-Za-z0-9_]*$'`,
  ],
  [
    'a number for the value of a build argument',
    inContainer({ buildArgs: [{ name: 'PORT', value: 8080 }] }),
    `${path}.buildArgs[0].value in body must be of type string: "integer"`,
  ],
  [
    'a build argument twice',
    inContainer({ buildArgs: [{ name: 'A' }, { name: 'A' }] }),
    `${path}.buildArgs[1]: Duplicate value: {"name":"A"}`,
  ],
  [
    'a stage that no Dockerfile can have',
    inContainer({ target: 'a b' }),
    'must be the name of a stage of the Dockerfile',
  ],
  ['no time for a rollout', { rollout: { timeoutSeconds: 0 } }, 'should be greater than or equal to 1'],
  ['a day for a rollout', { rollout: { timeoutSeconds: 86_400 } }, 'should be less than or equal to 3600'],
  ['a day for a watch', { rollout: { watchSeconds: 86_400 } }, 'should be less than or equal to 3600'],
  ['words for a number', { rollout: { timeoutSeconds: '5m' } }, 'must be of type integer: "string"'],
  ['a misspelt field', { authorizedkeys: [] }, 'unknown field "spec.authorizedkeys"'],
  ['one key that is no list', { authorizedKeys: 'ssh-ed25519 AAAA' }, 'must be of type array: "string"'],
];

let namespace: TestNamespace;

beforeAll(async () => {
  namespace = await TestNamespace.create('bad');
});

afterAll(() => namespace?.[Symbol.asyncDispose]());

describe('kubectl apply refuses', () => {
  it.each(bad)('%s', async (_what, spec, ...messages) => {
    const remote = { apiVersion: 'gitkube.sh/v1alpha1', kind: 'Remote', metadata: { name: 'bad' }, spec };
    const { code, output } = await kubectl(['apply', '-n', namespace.name, '-f', '-'], remote);
    expect(code).toBe(1);
    for (const message of messages) expect(output).toContain(message);
  });

  it('a Remote without a spec', async () => {
    const remote = { apiVersion: 'gitkube.sh/v1alpha1', kind: 'Remote', metadata: { name: 'bad' } };
    const { code, output } = await kubectl(['apply', '-n', namespace.name, '-f', '-'], remote);
    expect(code).toBe(1);
    expect(output).toContain('spec: Required value');
  });
});
