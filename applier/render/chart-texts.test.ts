import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesOfText } from '../../base/byte-string.ts';
import { looksUp, looksUpByTpl } from './chart-texts.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitkube-chart-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function chart(texts: Readonly<Record<string, string>>) {
  for (const [name, text] of Object.entries(texts)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return { folder, top: folder, topPath: 'k8s', files: Object.keys(texts).map(bytesOfText) };
}

const lookup = '{{ (lookup "v1" "Secret" "shop" "keys").data }}';

describe('a chart looks up objects', () => {
  it.each(['templates/secret.yaml', 'templates/schlüssel.yaml', 'charts/db/templates/_helpers.tpl'])(
    'in %s',
    async (name) => expect(await looksUp(await chart({ [name]: lookup }))).toBe(true),
  );

  it.each(['values.yaml', 'config/app.conf', 'shared/_helpers.tpl'])('in %s, which tpl renders', async (name) => {
    const files = await chart({ 'templates/a.yaml': 'a: {{ tpl .Values.a . }}', [name]: `a: '${lookup}'` });
    expect(await looksUp(files)).toBe(true);
  });
});

it.each([
  [`a: '${lookup}'`, true],
  ['a: where to lookup {{ .Values.a }}', false],
])('values such as %s, which tpl renders, look up: %s', (text, expected) => {
  expect(looksUpByTpl(text)).toBe(expected);
});

it('a chart that only mentions a lookup has none', async () => {
  const files = await chart({ 'README.md': lookup, 'values.yaml': '# where to lookup {{ .Values.a }}' });
  await symlink('templates', join(folder, 'link'));
  const linked = { ...files, files: [...files.files, bytesOfText('link')] };
  expect(await looksUp(linked)).toBe(false);
});
