import { describe, expect, it } from 'vitest';
import { type Cuts, LineSplitter } from './lines.ts';

function linesOf(chunks: readonly (string | Uint8Array)[], maxLength?: number, cuts?: Cuts): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line), maxLength, cuts);
  for (const chunk of chunks) splitter.write(Buffer.from(chunk));
  splitter.end();
  return lines;
}

describe('LineSplitter', () => {
  it('joins what comes in parts, inside of a character as well', () => {
    const text = Buffer.from('grün\nb\n\nc');
    for (let at = 0; at <= text.length; at++) {
      expect(linesOf([text.subarray(0, at), text.subarray(at)])).toEqual(['grün', 'b', '', 'c']);
    }
  });

  it('shows a line as a terminal does that was begun again', () => {
    expect(linesOf(['10 %\r', '20 %\r\nend\r\n'])).toEqual(['20 %', 'end']);
  });

  it.each([
    ['that comes at once', ['abcdefg\nx']],
    ['that comes in parts', ['ab', 'cdefg', '\n', 'x']],
  ])('passes on in pieces a line %s and is too long', (_, chunks) => {
    expect(linesOf(chunks, 3)).toEqual(['abc', 'def', 'g', 'x']);
  });

  it.each([['abXYcde\n'], ['abX', 'Ycd', 'e'], ['a', 'b', 'X', 'Y', 'c', 'd', 'e']])(
    'cuts a line only where it may be cut: %j %j',
    (...chunks) => {
      const cuts = {
        ahead: 2,
        after: (text: string, at: number) => (text.slice(at - 1, at + 1) === 'XY' ? at + 1 : at),
      };
      expect(linesOf(chunks, 3, cuts)).toEqual(['abXY', 'cde']);
    },
  );

  it('takes a long line in small parts without copying it for each', () => {
    const lines: number[] = [];
    const splitter = new LineSplitter((line) => lines.push(line.length), 64 * 1024 ** 2);
    const chunk = Buffer.alloc(512, 'x');
    const started = performance.now();
    for (let part = 0; part < 64 * 1024; part++) splitter.write(chunk);
    splitter.end();
    expect(lines).toEqual([32 * 1024 ** 2]);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
