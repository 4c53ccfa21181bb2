import { once } from 'node:events';
import { eventually } from '../../test/support/eventually.ts';
import type { Gitkube } from '../../test/support/gitkube.ts';

/** For a server whose heap is looked at: its inspector then listens on a port of its own. */
export const inspectable = { NODE_OPTIONS: '--inspect-port=127.0.0.1:0' };

/** Megabytes of the heap that are in use when all garbage is collected. The inspector does that, which SIGUSR1 opens. */
export async function usedHeapMegabytes({ pid, log }: Gitkube): Promise<number> {
  process.kill(pid, 'SIGUSR1');
  const url = await eventually(async () => /Debugger listening on (ws:\S+)/.exec(log.join('\n'))?.[1]);
  const socket = new WebSocket(url);
  try {
    await once(socket, 'open', soon());
    await ask(socket, 'HeapProfiler.collectGarbage');
    const { usedSize } = await ask<{ usedSize: number }>(socket, 'Runtime.getHeapUsage');
    return usedSize / 1024 ** 2;
  } finally {
    socket.close();
  }
}

/** One method of https://chromedevtools.github.io/devtools-protocol/v8/ */
async function ask<Result>(socket: WebSocket, method: string): Promise<Result> {
  const answered = once(socket, 'message', soon());
  socket.send(JSON.stringify({ id: 1, method }));
  const [{ data }] = (await answered) as [MessageEvent];
  return JSON.parse(String(data)).result;
}

function soon() {
  return { signal: AbortSignal.timeout(60_000) };
}
