import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnyObject } from '../../kube/index.ts';
import { diffObjects } from './object-diff.ts';

const workload = (env: object, metadata: object = {}): AnyObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'ns', ...metadata },
  spec: { template: { metadata: {}, spec: { containers: [{ name: 'web', env: [env] }] } } },
});
const secret = (fields: object): AnyObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 's' },
  ...fields,
});
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('the difference of two objects', () => {
  it('is nothing where only the API server, controllers or deploys have written', () => {
    const written = {
      annotations: {
        'deployment.kubernetes.io/revision': '9',
        'gitkube.sh/commit': 'abc',
        'gitkube.sh/config': 'ConfigMap/a:1',
        'kubectl.kubernetes.io/last-applied-configuration': '{"secret":1}',
        'kubernetes.io/change-cause': 'releases/9',
      },
      creationTimestamp: '2026-01-01T00:00:00Z',
      generation: 7,
      managedFields: [{ manager: 'gitkube' }],
      resourceVersion: '123',
      uid: 'u',
    };
    const live = { ...workload({ name: 'A', value: 'x' }, written), status: { replicas: 1 } } as AnyObject;
    const template = live.spec as { template: { metadata: object } };
    template.template.metadata = {
      creationTimestamp: null,
      annotations: { 'kubectl.kubernetes.io/restartedAt': 'now', 'gitkube.sh/config': 'ConfigMap/a:1' },
    };
    expect(diffObjects(workload({ name: 'A', value: 'x' }), live)).toMatchObject({ state: 'same', changes: [] });
  });

  it('shows what a variable was and is, and of one that is called like a secret only that it differs', () => {
    const changes = (variable: string) =>
      diffObjects(workload({ name: variable, value: 'hush-1' }), workload({ name: variable, value: 'hush-2' })).changes;
    expect(changes('COLOR')).toMatchObject([{ from: 'hush-1', to: 'hush-2' }]);
    for (const name of ['DB_PASSWORD', 'passphrase', 'API_TOKEN', 'ClientSecret', 'AWS_KEY']) {
      expect(changes(name)).toEqual([
        { path: `spec.template.spec.containers[web].env[${name}].value`, hidden: 'changed' },
      ]);
    }
  });

  it('hides what is secret in a container that is new as a whole, and passwords in URLs', () => {
    const bare = { ...workload({ name: 'A' }), spec: { template: { spec: {} } } } as AnyObject;
    const full = workload({ name: 'TOKEN', value: 'hush' });
    expect(JSON.stringify(diffObjects(bare, full))).toContain('(value hidden)');
    expect(JSON.stringify([diffObjects(bare, full), diffObjects(full, bare)])).not.toContain('hush');
    const url = (host: string) => workload({ name: 'DATABASE_URL', value: `postgres://app:hush@${host}/app` });
    expect(diffObjects(url('a'), url('b')).changes).toMatchObject([
      { from: 'postgres://app:***@a/app', to: 'postgres://app:***@b/app' },
    ]);
  });

  it.each([
    ['postgres://app:hush@2@db/app', 'postgres://app:***@db/app'],
    ['postgres://app:hush/2@db/app', 'postgres://app:***@db/app'],
    ['https://hushhushhushhush1@git.example.com/a', 'https://***@git.example.com/a'],
    ['{"a":"redis://:hush@r","mail":"me@b"}', '{"a":"redis://:***@r","mail":"me@b"}'],
    ['--db-password=hush --port=1', '--db-password=*** --port=1'],
    ["-token 'hush hush' x", '-token *** x'],
    ['--api-key="hush hush"', '--api-key=***'],
    ["PGPASSWORD='hush hush' psql -h db", 'PGPASSWORD=*** psql -h db'],
    ['set -e; export API_TOKEN=hush', 'set -e; export API_TOKEN=***'],
    ['ssh://git@host:22/a@b', 'ssh://git@host:22/a@b'],
    ['http://host:8080/a@b', 'http://host:8080/a@b'],
    ['monkey=1 --sort-keys', 'monkey=1 --sort-keys'],
  ])('shows %s as %s', (text, expected) => {
    const env = (value: string) => workload({ name: 'A', value });
    expect(diffObjects(env(text), env('other')).changes).toMatchObject([{ from: expected, to: 'other' }]);
  });

  it('hides the word behind an option that is called like a secret', () => {
    const args = (...words: string[]): AnyObject => ({
      ...{ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'j' } },
      spec: { template: { spec: { containers: [{ name: 'a', args: words }] } } },
    });
    const [from, to] = [
      args('--user', 'ada', '--db-password', 'hush-1'),
      args('--user', 'eve', '--db-password', 'hush-2'),
    ];
    expect(diffObjects(from, to).changes).toEqual([
      { path: 'spec.template.spec.containers[a].args[1]', from: 'ada', to: 'eve' },
      { path: 'spec.template.spec.containers[a].args[3]', hidden: 'changed' },
    ]);
    const bare = { ...from, spec: {} } as AnyObject;
    expect(JSON.stringify(diffObjects(bare, to))).not.toContain('hush');
    expect(JSON.stringify(diffObjects(args('a'), args('a', '--db-password', 'hush')))).not.toContain('hush');
  });

  it('hides fields of any object that are called like a secret, and no names of Secrets', () => {
    const custom = (spec: object): AnyObject => ({
      ...{ apiVersion: 'example.com/v1', kind: 'Database', metadata: { name: 'db' }, spec },
    });
    for (const field of [
      'password',
      'adminPassword',
      'auth_token',
      'clientSecret',
      'api-key',
      'secretKey',
      'credentials',
    ]) {
      const diff = diffObjects(custom({ [field]: 'hush-1' }), custom({ [field]: 'hush-2' }));
      expect(diff.changes).toEqual([{ path: `spec.${field}`, hidden: 'changed' }]);
      expect(JSON.stringify(diffObjects(custom({}), custom({ deep: { [field]: 'hush' } })))).not.toContain('hush');
    }
    const names = { secretName: 'a', key: 'a', tokenPath: 'a', passthrough: 'a', secretKeyRef: { name: 'a' } };
    const others = { secretName: 'b', key: 'b', tokenPath: 'b', passthrough: 'b', secretKeyRef: { name: 'b' } };
    expect(diffObjects(custom(names), custom(others)).changes.filter(({ hidden }) => hidden)).toEqual([]);
  });

  it('hides values of a ConfigMap that are called like a secret variable or a private key, and no other files', () => {
    const config = (data: object): AnyObject =>
      ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data }) as AnyObject;
    for (const name of [
      'DB_PWD',
      'BASIC_AUTH',
      'AWS_CREDENTIALS',
      'SESSION_SALT',
      'SIGNING_KEY',
      'tls.key',
      'id_rsa',
    ]) {
      expect(diffObjects(config({ [name]: 'hush' }), config({ [name]: 'x' })).changes).toMatchObject([
        { hidden: 'changed' },
      ]);
    }
    expect(diffObjects(config({ 'keycloak.json': 'a' }), config({ 'keycloak.json': 'b' })).changes).toMatchObject([
      { from: 'a', to: 'b' },
    ]);
  });

  it('keeps what is null in an object of another API, where that is a value', () => {
    const custom = (spec: object): AnyObject => ({
      ...{ apiVersion: 'example.com/v1', kind: 'Database', metadata: { name: 'db' }, spec },
    });
    expect(diffObjects(custom({ backup: null }), custom({})).state).toBe('changed');
    expect(diffObjects(custom({ limits: { rps: '1' } }), custom({ limits: { rps: '1.0' } })).state).toBe('changed');
  });

  it('takes `stringData` of a Secret for `data`, in whatever lines its base64 is written, and never shows it', () => {
    const one = secret({ stringData: { KEY: 'hush hush hush' } });
    const encoded = base64('hush hush hush');
    expect(diffObjects(one, secret({ data: { KEY: `${encoded.slice(0, 8)}\n${encoded.slice(8)}` } })).state).toBe(
      'same',
    );
    const other = diffObjects(one, secret({ data: { KEY: base64('other'), NEW: 'bmV3' } }));
    expect(other.changes).toEqual([
      { path: 'data.KEY', hidden: 'changed' },
      { path: 'data.NEW', hidden: 'added' },
    ]);
    expect(diffObjects(one, secret({})).changes).toEqual([{ path: 'data.KEY', hidden: 'removed' }]);
  });

  it('names the first line of a long text that differs', () => {
    const config = (text: string): AnyObject => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'c' },
      data: { f: text },
    });
    expect(diffObjects(config('a\nb\nc'), config('a\nx\nc')).changes).toEqual([
      { path: 'data.f', line: 2, from: 'b', to: 'x' },
    ]);
    expect(diffObjects(config('a\n'), config('a')).changes).toEqual([{ path: 'data.f', line: 2, from: '' }]);
  });

  it('of a Secret holds none of its values, whatever they are', () => {
    const values = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.stringMatching(/^[A-Z0-9]{12,20}$/));
    fc.assert(
      fc.property(values, values, fc.constantFrom('data', 'stringData'), (before, after, field) => {
        const text = JSON.stringify(diffObjects(secret({ [field]: before }), secret({ [field]: after })));
        for (const value of [...Object.values(before), ...Object.values(after)]) expect(text).not.toContain(value);
      }),
    );
  });
});
