import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GitkubeError } from '../base/errors.ts';
import { sshKeys } from '../test/support/ssh-keys.ts';
import { parseRemote } from './parse.ts';
import type { Remote } from './remote.ts';

const metadata = { namespace: 'default', name: 'www', uid: 'u-1', generation: 3 };

function parse(spec: unknown): Remote {
  return parseRemote({ metadata, spec });
}

function withContainer(container: object): unknown {
  return { deployments: [{ name: 'www', containers: [{ name: 'web', ...container }] }] };
}

function reject(spec: unknown): string {
  try {
    parse(spec);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(GitkubeError);
    expect((thrown as GitkubeError).reason).toBe('RemoteInvalid');
    return (thrown as GitkubeError).message;
  }
  throw new Error('it was accepted');
}

describe('a Remote of the original Gitkube', () => {
  it('is accepted as its command line wrote it, with all the empty leftovers', () => {
    const remote = parse({
      authorizedKeys: [`ssh-ed25519 ${sshKeys.ed25519.base64} user@host\n`],
      deployments: [{ name: 'echobot', containers: [{ dockerfile: 'Dockerfile', name: 'echobot', path: './' }] }],
      manifests: { helm: {}, path: '' },
      registry: { url: 'docker.io/user', credentials: { secretKeyRef: { key: '' }, secretRef: 'regsecret' } },
    });
    expect(remote).toMatchObject({
      id: 'default/www',
      generation: 3,
      registry: { url: 'docker.io/user', secretName: 'regsecret' },
      deployments: [
        { name: 'echobot', containers: [{ name: 'echobot', path: '.', dockerfile: 'Dockerfile', buildArgs: [] }] },
      ],
      rolloutTimeoutSeconds: 300,
      watchSeconds: 0,
      warns: true,
      problems: [],
      warnings: [],
    });
    expect(remote.keys.map(({ fingerprint }) => fingerprint)).toEqual([sshKeys.ed25519.fingerprint]);
    expect(remote).not.toHaveProperty('branch');
  });

  it.each([{}, { authorizedKeys: null, deployments: null, registry: null, manifests: null }, { deployments: [] }])(
    'without anything to deploy is accepted, and says so: %j',
    (spec) => {
      const remote = parse(spec);
      expect(remote.problems).toEqual([
        'spec.deployments names no container and spec.manifests no path, so there is nothing to deploy',
      ]);
      expect(remote.registry).toBeUndefined();
    },
  );

  it('with manifests, and their values as the guide of the original had them, has no problem', () => {
    const spec = {
      ...(withContainer({}) as object),
      manifests: { path: 'k8s', helm: { values: { name: 'a', value: 'b' } } },
    };
    expect(parse(spec).warnings).toEqual([]);
    expect(parse(spec).problems).toEqual([]);
  });

  it.each([
    [{ secretRef: 'one', secretKeyRef: { name: 'two' } }, 'one'],
    [{ secretRef: '', secretKeyRef: { name: 'two', key: '.dockercfg', optional: true } }, 'two'],
    [{ secretRef: '', secretKeyRef: { name: '' } }, undefined],
    [{}, undefined],
    [null, undefined],
  ])('names its Secret by %j', (credentials, name) => {
    expect(parse({ registry: { url: 'gcr.io/p/', credentials } }).registry).toEqual(
      name ? { url: 'gcr.io/p', secretName: name } : { url: 'gcr.io/p' },
    );
  });
});

describe('paths', () => {
  it.each([
    [{}, '.', 'Dockerfile'],
    [{ path: '', dockerfile: '' }, '.', 'Dockerfile'],
    [{ path: './' }, '.', 'Dockerfile'],
    [{ path: '.' }, '.', 'Dockerfile'],
    [{ path: './community/learn/x' }, 'community/learn/x', 'community/learn/x/Dockerfile'],
    [{ path: 'a//b/./c/' }, 'a/b/c', 'a/b/c/Dockerfile'],
    [{ path: 'a', dockerfile: './docker/Dockerfile.prod' }, 'a', 'docker/Dockerfile.prod'],
    [{ path: '..a/b..' }, '..a/b..', '..a/b../Dockerfile'],
  ])('%j', (given, path, dockerfile) => {
    expect(parse(withContainer(given)).deployments[0]?.containers[0]).toMatchObject({ path, dockerfile });
  });

  it.each(['/etc', '..', '../x', 'a/../../b', 'a/..', './..', 'a\0b', 'a\nb'])('%j leaves the repository', (path) => {
    expect(reject(withContainer({ path }))).toContain('spec.deployments[0].containers[0].path is "');
    expect(reject(withContainer({ dockerfile: path }))).toContain('spec.deployments[0].containers[0].dockerfile is "');
  });

  it('never lead out of the repository, whatever they are', () => {
    const segment = fc.constantFrom('..', '.', '', 'a', '...', '~', ' ');
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 6 }), (segments) => {
        try {
          const [container] = parse(withContainer({ path: segments.join('/') })).deployments[0]?.containers ?? [];
          expect(container?.path).not.toMatch(/^\/|(^|\/)\.\.(\/|$)|\/$|^$/);
        } catch (thrown) {
          expect(thrown).toMatchObject({ reason: 'RemoteInvalid' });
        }
      }),
    );
  });
});

describe('env', () => {
  const envOf = (env: object | null) => parse({ deployments: [], env }).env;

  it('names a Secret or a ConfigMap', () => {
    expect(envOf({ secret: 'web-env' })).toEqual({ kind: 'Secret', name: 'web-env' });
    expect(envOf({ configMap: 'settings' })).toEqual({ kind: 'ConfigMap', name: 'settings' });
    expect(envOf(null)).toBeUndefined();
  });

  it.each([{}, { secret: 'a', configMap: 'b' }])('%j is refused', (env) => {
    expect(() => envOf(env)).toThrow('must have exactly one of secret and configMap');
  });
});

describe('branch', () => {
  it.each(['main', 'release/1.2', 'fix-é', 'a@b', 'v1'])('may be %s', (branch) => {
    expect(parse({ branch }).branch).toBe(branch);
  });

  it.each([
    'refs/heads/main',
    'a b',
    'a..b',
    '-x',
    '/a',
    'a/',
    'a.lock',
    'a.lock/b',
    '@',
    'HEAD',
    'a@{1}',
    'a\\b',
    '.a',
    'a/.b',
  ])('may not be %s', (branch) => {
    expect(reject({ branch })).toMatch(/^spec\.branch is .*: must be the name of a branch, such as main/);
  });
});

describe('a Remote that cannot deploy as it is', () => {
  it.each([
    [
      [
        { name: 'a', containers: [{ name: 'x' }] },
        { name: 'a', containers: [{ name: 'y' }] },
      ],
      'spec.deployments names a twice',
    ],
    [[{ name: 'a', containers: [{ name: 'x' }, { name: 'x' }] }], 'spec.deployments names a/x twice'],
    [
      [
        { name: 'a-b', containers: [{ name: 'c' }] },
        { name: 'a', containers: [{ name: 'b-c' }] },
      ],
      'the images of a-b/c and a/b-c would have the same name',
    ],
    [[{ name: 'a' }], 'spec.deployments names no container and spec.manifests no path, so there is nothing to deploy'],
  ])('%j', (deployments, problem) => {
    expect(parse({ deployments }).problems).toEqual([problem]);
  });
});

describe('an object that is no Remote', () => {
  it.each([
    [{ deployments: 'www' }, 'spec.deployments is "www": expected array, received string'],
    [{ deployments: [{}] }, 'spec.deployments[0].name is missing: expected string, received undefined'],
    [{ rollout: { watchSeconds: 3601 } }, 'spec.rollout.watchSeconds is 3601: Too big: expected number to be <=3600'],
    [{ rollout: { timeoutSeconds: 0 } }, 'spec.rollout.timeoutSeconds is 0: Too small: expected number to be >=1'],
    [
      { registry: { url: 'https://docker.io/user' } },
      'spec.registry.url is "https://docker.io/user": must be host[:port][/path] without https://, such as docker.io/user',
    ],
    [undefined, 'spec is missing: expected object, received undefined'],
  ])('%j is named by path and value', (spec, message) => {
    expect(reject(spec)).toBe(message);
  });

  it('is refused without any other error, whatever it is', () => {
    fc.assert(
      fc.property(fc.anything({ maxDepth: 5, withNullPrototype: true }), (spec) => {
        for (const object of [spec, { metadata, spec }, { metadata: spec, spec: {} }]) {
          try {
            parseRemote(object);
          } catch (thrown) {
            expect(thrown).toMatchObject({ reason: 'RemoteInvalid' });
          }
        }
      }),
    );
  });
});
