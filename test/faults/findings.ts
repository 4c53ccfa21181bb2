import { setTimeout as delay } from 'node:timers/promises';

/** What is still wrong after a minute; nothing as soon as nothing is wrong. */
export async function within(look: () => Promise<readonly string[]>, ms = 60_000): Promise<readonly string[]> {
  const until = performance.now() + ms;
  for (;;) {
    const found = await look().catch((error: Error) => [error.message]);
    if (found.length === 0 || performance.now() > until) return found;
    await delay(200);
  }
}
