/**
 * The words of a line as a POSIX shell has them (XCU 2.2): quotes and backslashes count, and nothing is expanded.
 * @returns undefined: a quote is not closed
 */
export function shellWords(line: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let rest = line;
  while (rest !== '') {
    const [piece = ''] = pieces.exec(rest) ?? [];
    if (piece === '') return undefined;
    rest = rest.slice(piece.length);
    if (/^\s/.test(piece)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + meant(piece);
  }
  return word === undefined ? words : [...words, word];
}

/** One word of such a line, whatever it has. */
export function quoteWord(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** White space, plain text, something in quotes, or one character behind a backslash. */
const pieces = /^(?:\s+|[^\s'"\\]+|'[^']*'|"(?:[^"\\]|\\.)*"|\\.|\\$)/s;

function meant(piece: string): string {
  switch (piece[0]) {
    case "'":
      return piece.slice(1, -1);
    case '"':
      return piece.slice(1, -1).replace(/\\([$`"\\\n])/g, (_, escaped: string) => (escaped === '\n' ? '' : escaped));
    case '\\':
      return piece === '\\\n' ? '' : piece.slice(1) || '\\';
    default:
      return piece;
  }
}
