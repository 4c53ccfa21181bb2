import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flush, PktLineReader, pktLine } from './pkt-line.ts';

describe('pkt-line', () => {
  it('has the length of payload and header in four hex digits', () => {
    expect(pktLine('ok refs/heads/main\n').toString()).toBe('0017ok refs/heads/main\n');
  });

  it('reads what it wrote, wherever the chunks are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.string({ maxLength: 40 }))),
        fc.integer({ min: 1, max: 7 }),
        (payloads, step) => {
          const bytes = Buffer.concat(payloads.map((payload) => (payload === null ? flush : pktLine(payload))));
          const reader = new PktLineReader();
          const read: (string | null)[] = [];
          for (let at = 0; at < bytes.length; at += step) {
            for (const packet of reader.push(bytes.subarray(at, at + step))) read.push(packet?.toString() ?? null);
          }
          expect(read).toEqual(payloads);
        },
      ),
    );
  });

  it.each(['0001', '0003', 'zzzz', 'fff1', '-001'])('refuses the length %s', (header) => {
    expect(() => new PktLineReader().push(Buffer.from(header))).toThrow('not a pkt-line');
  });
});
