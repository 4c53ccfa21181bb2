import { describe, expect, it } from 'vitest';
import { shellWords } from '../../base/shell-words.ts';
import { forPeople } from '../../server/commands/index.ts';
import { lineOf, serverWords, type Typed } from './server-words.ts';

const typed: Typed = { options: [], remote: 'shop/app', rest: [] };

describe('the words of the server', () => {
  it('are all here, with those that this program had before', () => {
    const here = new Set([...serverWords.map(({ name }) => name), 'releases', 'keys']);
    expect([...here].sort()).toEqual(forPeople.map(({ usage }) => usage.name).sort());
  });

  it.each<[string, string | undefined, Partial<Typed>, string]>([
    ['status', undefined, {}, 'status -- shop/app'],
    ['logs', undefined, { options: ['-f', '--tail=20'] }, 'logs -f --tail=20 -- shop/app'],
    ['rollback', undefined, { rest: ['40'] }, 'rollback -- shop/app 40'],
    ['lock', undefined, { rest: ["it's", 'a -freeze'] }, "lock -- shop/app it's a -freeze"],
    ['lock', undefined, { rest: ['two  spaces'] }, 'lock -- shop/app two  spaces'],
    ['env', 'set', { rest: ['A=two words', 'B='] }, "env -- set shop/app 'A=two words' 'B='"],
    ['env', 'list', { options: ['--json'] }, 'env --json -- list shop/app'],
    ['run', undefined, { options: ['-t'], rest: ['web', 'ls', '-l'] }, "run -t shop/app web -- 'ls' '-l'"],
    ['run', undefined, { rest: ['web', 'sh', '-c', 'exit 7'] }, "run shop/app web -- 'sh' '-c' 'exit 7'"],
  ])('%s %s with %j is the line of ssh', (name, action, some, line) => {
    expect(lineOf(name, action, { ...typed, ...some })).toBe(line);
  });

  it.each<[string, string[], boolean]>([
    ['run', ['web', 'ls'], true],
    ['set', [], true],
    ['set', ['A=1', 'B=-'], true],
    ['set', ['A=1'], false],
    ['list', [], false],
    ['status', [], false],
  ])('%s %j reads stdin: %s', (name, rest, isRead) => {
    const word = serverWords.find((one) => (one.action?.name ?? one.name) === name);
    expect(word?.hasInput?.(rest) ?? false).toBe(isRead);
  });

  it('keep each word as it is typed', () => {
    const words = ['', "it's", 'a "b"', '$HOME', 'back\\slash', 'two\nlines', '--', '-c'];
    const line = lineOf('run', undefined, { ...typed, rest: ['web', ...words] });
    expect(shellWords(line.slice(line.indexOf('--') + 2))).toEqual(words);
  });
});
