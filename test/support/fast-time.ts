import { eventually } from './eventually.ts';
import type { Gitkube } from './gitkube.ts';

const factor = 10;
const words = 'the time of this server is fast';

/** Runs in the server, before it: with the signal its monotonic clock and its new timers run ten times as fast. */
const preload = `
  const realNow = performance.now.bind(performance);
  let [factor, since, shown] = [1, 0, 0];
  performance.now = () => shown + (realNow() - since) * factor;
  globalThis.setTimeout = new Proxy(setTimeout, {
    apply: (target, self, [work, ms, ...rest]) => target(work, ms / factor, ...rest),
  });
  process.on('SIGUSR2', () => {
    [shown, since] = [performance.now(), realNow()];
    factor = ${factor};
    process.stderr.write(${JSON.stringify(`${words}\n`)});
  });
`;

/** The environment of a server whose time can be made fast, for limits that are no setting. */
export const fastTimeEnv = {
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preload)}`,
};

/** From now on a minute of this server is six seconds. Only what nobody answers may be waited for then. */
export async function makeTimeFast(gitkube: Gitkube): Promise<void> {
  process.kill(gitkube.pid, 'SIGUSR2');
  await eventually(async () => gitkube.log.includes(words));
}
