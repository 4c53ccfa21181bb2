import { commitOf, push } from '../attacks/git-push.ts';
import { Lab } from '../attacks/lab.ts';
import { eventually } from '../support/eventually.ts';
import { descendants, openFiles } from '../support/processes.ts';
import { Random } from '../support/random.ts';
import { fuzz } from './fuzzer.ts';
import { gitBody, httpHead } from './http-bytes.ts';
import { reporting, usedMegabytes } from './memory.ts';
import { sshSession } from './ssh-session.ts';
import { sshTransport } from './ssh-transport.ts';

export const fuzzers = [sshTransport, sshSession, httpHead, gitBody];

export interface Found {
  readonly name: string;
  readonly sent: number;
  /** Megabytes in use after a garbage collection. */
  readonly before: number;
  readonly after: number;
}

/** A server may keep so many megabytes more: caches that fill once. */
export const mayKeep = 20;

/** Each fuzzer against one server, which has to be as it was after each of them: then a push works, too. */
export async function runFuzzers(count: number, seed: number, onEnd: (found: Found) => void): Promise<void> {
  await using lab = await Lab.open({ NODE_OPTIONS: reporting });
  const { gitkube: victim, server } = lab;
  const random = new Random(seed);
  const files = openFiles(server.pid);
  for (const fuzzer of fuzzers) {
    // What is loaded and cached by the first ones is no leak.
    await fuzz(fuzzer, victim, Math.min(100, count), random);
    await isQuiet(server.pid, files);
    const before = await usedMegabytes(server);
    const sent = await fuzz(fuzzer, victim, count, random);
    await isQuiet(server.pid, files);
    onEnd({ name: fuzzer.name, sent, before, after: await usedMegabytes(server) });
  }
  const commit = await commitOf(victim, [{ path: 'www/index.html', content: `after seed ${seed}\n` }]);
  const { code, output } = await push(victim, `${commit}:refs/heads/main`);
  if (code !== 0) throw new Error(`a push does not work after it:\n${output}`);
}

/** No process that a client has started is left, and no connection. */
async function isQuiet(pid: number, files: number): Promise<void> {
  await eventually(async () => descendants(pid).length === 0);
  // The connections to the API server come and go.
  await eventually(async () => openFiles(pid) <= files + 8);
}
