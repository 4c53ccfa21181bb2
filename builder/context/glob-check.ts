import { type ByteString, textOfBytes } from '../../base/byte-string.ts';

/**
 * Whether Go's filepath.Match(pattern, ".") finds the pattern malformed: the check of moby/patternmatcher. It looks at
 * the pieces between stars only as long as they match `.`, so `a*[-x]` passes where `[-x]` does not.
 */
export function isMalformed(pattern: ByteString): boolean {
  try {
    matchDot(pattern);
    return false;
  } catch (thrown) {
    if (thrown === malformed) return true;
    throw thrown;
  }
}

const malformed = new Error('malformed pattern');

function matchDot(pattern: ByteString): void {
  let left: string | undefined = '.';
  for (let at = 0; at < pattern.length; ) {
    const start = skipStars(pattern, at);
    const end = pieceEnd(pattern, start);
    const [star, isLast, name]: [boolean, boolean, string] = [start > at, end === pattern.length, left];
    const piece = pattern.slice(start, end) as ByteString;
    if (star && piece === '') return;
    left = matchPiece(piece, name);
    if ((left === undefined || (isLast && left !== '')) && star && name !== '') left = matchPiece(piece, '');
    if (left === undefined) return;
    at = end;
  }
}

function skipStars(pattern: ByteString, from: number): number {
  let at = from;
  while (pattern[at] === '*') at++;
  return at;
}

/** Up to the next star outside of brackets. */
function pieceEnd(pattern: ByteString, from: number): number {
  let inBrackets = false;
  for (let at = from; at < pattern.length; at++) {
    const char = pattern[at];
    if (char === '\\') at++;
    else if (char === '[') inBrackets = true;
    else if (char === ']') inBrackets = false;
    else if (char === '*' && !inBrackets) return at;
  }
  return pattern.length;
}

/** @returns what is left of `name`, `.` or nothing, behind the piece; undefined: it does not match */
function matchPiece(piece: ByteString, name: string): string | undefined {
  let left = name;
  let matches = true;
  for (let at = 0; at < piece.length; ) {
    const char = left;
    left = '';
    if (char === '') matches = false;
    if (piece[at] === '[') {
      const set = readSet(piece, at + 1);
      matches &&= set.hasDot;
      at = set.end;
    } else {
      const escaped = piece[at] === '\\';
      if (escaped && ++at === piece.length) throw malformed;
      matches &&= piece[at] === '.' || (piece[at] === '?' && !escaped);
      at++;
    }
  }
  return matches ? left : undefined;
}

/** @param start behind the bracket */
function readSet(piece: ByteString, start: number): { readonly hasDot: boolean; readonly end: number } {
  const negated = piece[start] === '^';
  let at = negated ? start + 1 : start;
  let hasDot = false;
  for (let ranges = 0; ranges === 0 || piece[at] !== ']'; ranges++) {
    const low = readChar(piece, at);
    const high = piece[low.end] === '-' ? readChar(piece, low.end + 1) : low;
    hasDot ||= low.char <= '.' && '.' <= high.char;
    at = high.end;
  }
  return { hasDot: hasDot !== negated, end: at + 1 };
}

function readChar(piece: ByteString, start: number): { readonly char: string; readonly end: number } {
  if (piece[start] === '-' || piece[start] === ']') throw malformed;
  const at = piece[start] === '\\' ? start + 1 : start;
  const [char = ''] = textOfBytes(piece.slice(at, at + 4) as ByteString);
  const length = Buffer.byteLength(char);
  const isUtf8 = Buffer.from(char).toString('latin1') === piece.slice(at, at + length);
  if (char === '' || !isUtf8 || at + length >= piece.length) throw malformed;
  return { char, end: at + length };
}
