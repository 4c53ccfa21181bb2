import { secretVariable } from './secret-names.ts';

const hidden = '***';

/** A text without passwords of URLs and of options. In one walk: each key that may push can make it long. */
export function mask(text: string): string {
  return withoutOptions(text.replace(/[^\s"'`]+/g, withoutPassword));
}

/** A longer user of a URL that has no password is a token. */
const longestUser = 15;

/**
 * A word with a URL, `postgres://app:secret@db/app`: up to its last `@`, for a password may have one. A number behind the colon is a
 * port.
 */
function withoutPassword(word: string): string {
  const end = word.lastIndexOf('@');
  for (let url = word.indexOf('://'); url !== -1 && url < end; url = word.indexOf('://', url + 3)) {
    const start = url + 3;
    const behindUser = /[/:@]/g;
    behindUser.lastIndex = start;
    const { index } = behindUser.exec(word) ?? { index: end };
    const isToken = word[index] === '@' && index - start > longestUser;
    const isPassword = word[index] === ':' && !isPort(word, index + 1);
    if (isToken || isPassword) return `${word.slice(0, isToken ? start : index + 1)}${hidden}${word.slice(end)}`;
  }
  return word;
}

/** Whether only digits are between here and a slash or the end. */
function isPort(word: string, start: number): boolean {
  const port = /\d+(?:\/|$)/y;
  port.lastIndex = start;
  return port.test(word);
}

const value = `("[^"]*"|'[^']*'|[^\\s"']+)`;
const option = new RegExp(`((?<=^|\\s)--?([\\w.-]+)(?:=|\\s+(?!-)))${value}`, 'g');
const assignment = new RegExp(`((?<=^|[\\s;"'])([A-Z_][A-Z0-9_]*)=)${value}`, 'g');

/** `--password=secret`, `PGPASSWORD=secret psql`, in a script or alone. */
function withoutOptions(text: string): string {
  const hide = (all: string, before: string, name: string) => (secretVariable.test(name) ? `${before}${hidden}` : all);
  return text.replace(option, hide).replace(assignment, hide);
}
