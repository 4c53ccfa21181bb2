import { expect, it } from 'vitest';
import type { GitkubeError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { ManualClock } from '../test/support/manual-clock.ts';
import { Builder } from './builder.ts';
import type { BuilderOptions } from './options.ts';
import type { PlannedImage } from './types.ts';

it('background work that a stop of the server ends is not logged as a fault of Gitkube', async () => {
  const asking = Promise.withResolvers<void>();
  const client = {
    manifestDigest: (_path: string, _tag: string, signal: AbortSignal) => {
      asking.resolve();
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
  };
  const warned: GitkubeError[] = [];
  const log = { warn: ({ err }: { err: GitkubeError }) => void warned.push(err) } as unknown as Logger;
  const registry = { open: () => client } as unknown as BuilderOptions['registry'];
  const engine = {} as BuilderOptions['engine'];
  const builder = new Builder({ engine, registry, clock: new ManualClock(), log, limits: { concurrentBuilds: 1 } });
  const image = { repository: 'r/a', existingDigest: 'sha256:1', label: 'a', buildKey: '1' } as unknown as PlannedImage;
  const options = { signal: new AbortController().signal, noCache: false, say: () => {} };
  const source = { commit: '1'.repeat(40) } as Parameters<Builder['build']>[0];
  await builder.build(source, { registryUrl: 'r' } as Parameters<Builder['build']>[1], [image], options);
  await asking.promise;
  await builder[Symbol.asyncDispose]();
  expect(warned).toMatchObject([{ reason: 'ShuttingDown', hint: ['try again in a moment'] }]);
});
