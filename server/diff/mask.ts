import { secretField, secretVariable } from './secret-names.ts';

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
  return withoutDriverPassword(word);
}

/** `app:secret@tcp(db:3306)/shop`, as the MySQL driver of Go has it. */
function withoutDriverPassword(word: string): string {
  const end = word.search(/@(?:tcp|unix)\(/);
  const colon = word.indexOf(':');
  return colon === -1 || colon >= end ? word : `${word.slice(0, colon + 1)}${hidden}${word.slice(end)}`;
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
/**
 * In any case, so only names that end with what a secret is called: `Password=secret;`, `"password": "secret"`. Behind a space, as in
 * YAML, it has the rest of the line.
 */
const setting = new RegExp(
  [
    `((?<=^|[\\s;,:"'{?&(])[\\w.-]*${secretField.source.slice(0, -1)}["']?[ \\t]*[=:][ \\t]*)`,
    `("[^"]*"|'[^']*'|(?<=[ \\t])[^\\r\\n"']+|[^\\s"';&]+)`,
  ].join(''),
  'gi',
);
const authorization = /(\bbearer[ \t]+|\bauthorization["']?[ \t]*[=:][ \t]*["']?basic[ \t]+)[\w.~+/=-]+/gi;

/** `--password=secret`, `PGPASSWORD=secret psql`, in a script or alone, and what settings and headers have. */
function withoutOptions(text: string): string {
  const hide = (all: string, before: string, name: string) => (secretVariable.test(name) ? `${before}${hidden}` : all);
  return text
    .replace(authorization, `$1${hidden}`)
    .replace(option, hide)
    .replace(assignment, hide)
    .replace(setting, `$1${hidden}`);
}
