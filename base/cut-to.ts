/** A style of base/paint.ts, or one letter. */
const pieces = /\u001b\[[0-9;]*m|./gsu;

/** Two columns: scripts of East Asia, and pictures. https://www.unicode.org/reports/tr11/ as far as names and messages need it. */
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const mark = /\p{Mn}|\p{Me}/u;

/** A line that a terminal of so many columns shows in one row: a longer one is cut with an ellipsis, and keeps its styles. */
export function cutTo(line: string, columns: number): string {
  const all = line.match(pieces) ?? [];
  if (sum(all) <= columns) return line;
  let left = columns - 1;
  let isCut = false;
  const kept = all.map((piece) => {
    if (piece.startsWith('\u001b')) return piece;
    left -= columnsOf(piece);
    if (left >= 0) return piece;
    const end = isCut ? '' : '…';
    isCut = true;
    return end;
  });
  return kept.join('');
}

function sum(all: readonly string[]): number {
  return all.reduce((total, piece) => total + columnsOf(piece), 0);
}

/** Of a tab as many as it may have. */
function columnsOf(piece: string): number {
  if (piece.startsWith('\u001b') || mark.test(piece)) return 0;
  if (piece === '\t') return 8;
  return wide.test(piece) ? 2 : 1;
}
