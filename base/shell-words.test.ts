import { describe, expect, it } from 'vitest';
import { shellWords } from './shell-words.ts';

describe('the words of a line', () => {
  it.each<[string, string[]]>([
    ['', []],
    [' ls  -la\t/ ', ['ls', '-la', '/']],
    [`sh -c 'exit 7'`, ['sh', '-c', 'exit 7']],
    [`echo "a  b" c\\ d`, ['echo', 'a  b', 'c d']],
    [`a'b'"c"d`, ['abcd']],
    [`'' ""`, ['', '']],
    [`"\\"\\$\\\`\\\\" "\\n"`, ['"$`\\', '\\n']],
    [`'\\'`, ['\\']],
    [`'it'\\''s'`, ["it's"]],
    ['a\\\nb "c\\\nd"', ['ab', 'cd']],
    ['"a\\\\\nb"', ['a\\\nb']],
    ['$HOME `id` * ~ # ; | > < &', ['$HOME', '`id`', '*', '~', '#', ';', '|', '>', '<', '&']],
    ['grün 日本', ['grün', '日本']],
    ['a\\', ['a\\']],
  ])('%j are those of a shell', (line, words) => {
    expect(shellWords(line)).toEqual(words);
  });

  it.each([`'a`, `"a`, `a "b\\"`, `it's`])('%j has a quote that is not closed', (line) => {
    expect(shellWords(line)).toBeUndefined();
  });

  it('of a line full of backslashes are found in no time', () => {
    expect(shellWords(`"${'\\'.repeat(30_000)}`)).toBeUndefined();
    expect(shellWords('a '.repeat(15_000))).toHaveLength(15_000);
  });
});
