import { describe, expect, it } from 'vitest';
import { PushReport } from './push-report.ts';

const packet = (content: string) => `${(Buffer.byteLength(content) + 4).toString(16).padStart(4, '0')}${content}`;
const band = (number: number, content: string) => packet(String.fromCharCode(number) + content);
const report = (...lines: string[]) => `${lines.map((line) => packet(`${line}\n`)).join('')}0000`;

const advertised = `${packet('0000 refs/heads/main\0report-status side-band-64k\n')}0000`;
const said = band(2, 'error: it failed\n');
const declined = report('unpack ok', 'ng refs/heads/main pre-receive hook declined');
const explained = report('unpack ok', 'ng refs/heads/main www: no space');

/** What comes of an output of git that arrives in pieces of so many bytes. */
function relayed(output: string, reason?: string, pieceBytes = output.length): string {
  const pushReport = new PushReport();
  pushReport.reason = reason;
  const bytes = Buffer.from(output);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    pieces.push(pushReport.relay(bytes.subarray(at, at + pieceBytes)));
  }
  return Buffer.concat(pieces).toString();
}

describe("the reason of a refused push in git's report", () => {
  it.each([1, 3, 7, 1000])('takes the place of the words of git, in pieces of %i bytes', (pieceBytes) => {
    const output = `${advertised}${said}${band(1, declined)}0000`;
    expect(relayed(output, 'www: no space', pieceBytes)).toBe(`${advertised}${said}${band(1, explained)}0000`);
  });

  it('is given for each ref that the hook refused, and no other', () => {
    const lines = ['unpack ok', 'ng refs/heads/a pre-receive hook declined', 'ng refs/tags/b hook declined', 'ok c'];
    const changed = [lines[0], 'ng refs/heads/a too large — 日本', ...lines.slice(2)].map(String);
    expect(relayed(band(1, report(...lines)), 'too large — 日本')).toBe(band(1, report(...changed)));
  });

  it('leaves everything as it is when there is none', () => {
    const output = `${advertised}${said}${band(1, declined)}0000`;
    expect(relayed(output, undefined, 5)).toBe(output);
  });

  it('leaves what is no packet as it is', () => {
    expect(relayed('fatal: not a git repository', 'x', 3)).toBe('fatal: not a git repository');
  });

  it('makes two packets of one that grew too long', () => {
    const many = Array.from({ length: 1000 }, (_, i) => `ng refs/heads/b${i} pre-receive hook declined`);
    const output = relayed(band(1, report('unpack ok', ...many)), 'x'.repeat(100));
    const sizes: number[] = [];
    for (let at = 0; at < output.length; at += sizes.at(-1) ?? 0)
      sizes.push(Number.parseInt(output.slice(at, at + 4), 16));
    expect(sizes.length).toBeGreaterThan(1);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(65_520);
  });
});
