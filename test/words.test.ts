import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { proseOf } from './support/prose.ts';

const root = join(import.meta.dirname, '..');
const guide = 'docs/style.md';
/** The first two name the words; the others are of others, or for programs alone. */
const notOurs = /^(docs\/style\.md|test\/words\.test\.ts|LICENSE|.*\.(json|sum|mod))$/;

/** The rows of the table of words to avoid. */
function wordsToAvoid(): string[] {
  const [, table = ''] = readFileSync(join(root, guide), 'utf8').split('| Avoid | Write |');
  const rows = table.matchAll(/^\| ([^|]+) \|/gm);
  return [...rows].flatMap(([, words = '']) => words.split(',').map((word) => word.trim()));
}

function trackedFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' });
  return listed.split('\0').filter((file) => file !== '' && !notOurs.test(file));
}

describe('the words to avoid', () => {
  const words = wordsToAvoid();
  const avoided = new RegExp(`\\b(?:${words.map((word) => word.replaceAll(' ', '\\s+')).join('|')})\\b`, 'i');

  it('are in the table of docs/style.md', () => {
    expect(words).toContain('put back');
  });

  it('are in no message, comment, title of a test or document', () => {
    const found = trackedFiles().flatMap((file) =>
      proseOf(file, readFileSync(join(root, file), 'utf8'))
        .filter(({ text }) => avoided.test(text))
        .map(({ line, text }) => `${file}:${line}: '${avoided.exec(text)?.[0]}'`),
    );
    expect(found).toEqual([]);
  });
});
