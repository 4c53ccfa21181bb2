import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesField, fields } from './protobuf.ts';

describe('fields', () => {
  it('reads varints, and skips what has a fixed length', () => {
    const message = Buffer.from([0x08, 0x96, 0x01, 0x11, 1, 2, 3, 4, 5, 6, 7, 8, 0x1d, 1, 2, 3, 4, 0x20, 1]);
    expect([...fields(message)]).toEqual([
      { number: 1, varint: 150 },
      { number: 4, varint: 1 },
    ]);
  });

  it('reads back what bytesField wrote', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 16_383 }), (bytes) => {
        const value = Buffer.from(bytes);
        expect([...fields(bytesField(2, value))]).toEqual([{ number: 2, bytes: value }]);
      }),
    );
  });

  it('ends with a RangeError or an answer for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        try {
          expect([...fields(Buffer.from(bytes))].length).toBeLessThanOrEqual(bytes.length);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});
