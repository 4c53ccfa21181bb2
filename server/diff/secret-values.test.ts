import { expect, it } from 'vitest';
import type { V1Secret } from '../../kube/kube.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { diffObjects } from './object-diff.ts';
import { formsOf, secretValues } from './secret-values.ts';

const bomb = `a: &a [hush-0001]\n${Array.from({ length: 25 }, (_, n) => `b${n}: &b${n} [*${n ? `b${n - 1}` : 'a'}, *${n ? `b${n - 1}` : 'a'}]`).join('\n')}`;
const data: Record<string, string> = {
  'values.yaml': 'db: {password: hush-1234, port: 5432, tls: true, user: app}\nkeys: [hush-5678]\n',
  broken: '{{',
  bomb,
  'long.yaml': 'key: |\n  -----BEGIN KEY-----\n    hush-line-1\n  ab\n  hush"line-2\n',
  'twice.yaml': 'a: hush-0002\na: hush-0003\n',
  'tagged.yaml': "a: !vault 'hush-0004'\nb: {c: hush-0005}\n",
};

const read = (...keys: string[]) => {
  const getSecret = async (_: string, name: string) =>
    ({
      data: name === 'web' ? Object.fromEntries(Object.entries(data).map(([key, text]) => [key, btoa(text)])) : {},
    }) as V1Secret;
  const valuesFrom = keys.map((key) => ({ secretName: 'web', key, optional: false }));
  return secretValues({ getSecret }, { namespace: 'ns', manifests: { helm: { valuesFrom } } } as unknown as Remote);
};

it('the texts that a chart gets out of Secrets are read from its values, and short ones are none', async () => {
  const texts = ['hush-1234', '5432', 'hush-5678'];
  expect(await read('values.yaml')).toEqual(texts.flatMap(formsOf));
  expect(await read('broken', 'absent')).toEqual([]);
  expect(await read('bomb')).toEqual(formsOf('hush-0001'));
  expect(await secretValues({ getSecret: async () => undefined }, { namespace: 'ns' })).toEqual([]);
});

it('each line of a long text is one of its texts, and what is no YAML for this parser has its words', async () => {
  const long = await read('long.yaml');
  expect(long).toEqual(expect.arrayContaining(['-----BEGIN KEY-----', 'hush-line-1', 'hush"line-2']));
  expect(long).not.toContain('ab');
  expect(formsOf('app\nhush-hush\n')).toEqual(expect.arrayContaining(['app\nhush-hush', 'hush-hush']));
  expect(formsOf('abc\n')).not.toContain('abc');
  expect(
    formsOf('hush-hush\n'.repeat(9) + Array.from({ length: 9000 }, (_, n) => `line ${n}`).join('\n')).length,
  ).toBeLessThan(300);
  expect(await read('twice.yaml')).toContain('hush-0003');
  expect(await read('tagged.yaml')).toEqual(expect.arrayContaining(['hush-0004', 'hush-0005']));
});

it.each([
  ['base64', Buffer.from('hush "1234"').toString('base64')],
  ['base64 of a URL', Buffer.from('hush "1234"').toString('base64url')],
  ['JSON', JSON.stringify({ a: 'hush "1234"' })],
  ['a URL', `db://app:${encodeURIComponent('hush "1234"')}@host`],
])('what a chart gets out of a Secret is not shown as %s either', (_, text) => {
  const config = (value: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { value } });
  expect(diffObjects(config(`x ${text}`), config('y'), formsOf('hush "1234"')).changes).toEqual([
    { path: 'data.value', hidden: 'changed' },
  ]);
});

it('what a chart gets out of a Secret is shown of no object', () => {
  const config = (url: string) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'c' },
    data: { url, other: 'x' },
  });
  const changes = (from: string, to: string) => diffObjects(config(from), config(to), ['hush-1234']).changes;
  expect(changes('db://hush-1234/', 'db://other/')).toEqual([{ path: 'data.url', hidden: 'changed' }]);
  expect(changes('a\nb', 'a\nhush-1234')).toEqual([{ path: 'data.url', hidden: 'changed' }]);
  expect(changes('a', 'b')).toEqual([{ path: 'data.url', from: 'a', to: 'b' }]);
  const bare = { ...config('a'), data: undefined };
  expect(diffObjects(bare, config('hush-1234'), ['hush-1234']).changes).toEqual([{ path: 'data', hidden: 'added' }]);
});
