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

  it.each([0, 127, 128, 16_383, 16_384, 3_000_000])('reads back the %i bytes that bytesField wrote', (length) => {
    const [field, ...more] = [...fields(bytesField(2, Buffer.alloc(length, 'x')))];
    expect(field?.number).toBe(2);
    expect(field?.bytes?.equals(Buffer.alloc(length, 'x'))).toBe(true);
    expect(more).toEqual([]);
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
