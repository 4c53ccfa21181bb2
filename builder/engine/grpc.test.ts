import fc from 'fast-check';
import { expect, it } from 'vitest';
import { GrpcFrames, grpcFrame } from './grpc.ts';

it('the messages of a gRPC stream are found however it is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), fc.integer({ min: 1, max: 30 }), (messages, step) => {
      const bytes = Buffer.concat(messages.map((message) => grpcFrame(Buffer.from(message))));
      const frames = new GrpcFrames(50);
      const found: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += step) found.push(...frames.take(bytes.subarray(at, at + step)));
      expect(found.map((message) => [...message])).toEqual(messages.map((message) => [...message]));
    }),
  );
});

it('a gRPC message that is too long is refused by its header', () => {
  const frames = new GrpcFrames(50);
  const long = grpcFrame(Buffer.alloc(51)).subarray(0, 5);
  expect(frames.take(long.subarray(0, 4))).toEqual([]);
  expect(() => frames.take(long.subarray(4))).toThrow(RangeError);
});
