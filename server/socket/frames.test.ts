import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader, frame } from './frames.ts';

describe('a frame of the socket', () => {
  it('is read as it was written, wherever the chunks are cut', () => {
    const some = fc.array(fc.tuple(fc.constantFrom('R', 'I', 'O'), fc.string({ maxLength: 20 })), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(some, fc.integer({ min: 1, max: 7 }), (sent, step) => {
        const bytes = Buffer.concat(sent.map(([kind, payload]) => frame(kind, payload)));
        const reader = new FrameReader();
        const read: [string, string][] = [];
        for (let at = 0; at < bytes.length; at += step) {
          for (const { kind, payload } of reader.push(bytes.subarray(at, at + step))) read.push([kind, `${payload}`]);
        }
        expect(read).toEqual(sent);
      }),
    );
  });

  it('of a size that nobody sends is refused before it is there', () => {
    expect(() => new FrameReader().push(Buffer.from('Iz000'))).toThrow('a frame of');
  });
});
