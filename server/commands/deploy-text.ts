import type { Paint } from '../../base/paint.ts';

/** What a deploy says, in the colors that git gives to `error:` and `hint:` of a push, and its verdict. */
export function paintDeploy(line: string, { good, bad, warning }: Paint): string {
  const [, begin, rest] = /^(Released releases\/[^\s:]+|error|hint|warning)(:.*)$/s.exec(line) ?? [];
  if (begin !== undefined && rest !== undefined) {
    const look = begin === 'error' ? bad : begin.startsWith('Released') ? good : warning;
    return `${look(begin)}${rest}`;
  }
  const [, before, word, behind] = /^( {2}[^ ]+: )(warning)(: .*)$/s.exec(line) ?? [];
  return word === undefined ? line : `${before}${warning(word)}${behind}`;
}
