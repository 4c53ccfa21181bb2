import type { Victim } from '../attacks/victim.ts';
import type { Random } from '../support/random.ts';

export interface Fuzzer {
  readonly name: string;
  /** Sends on one connection, and resolves at its end. @returns how many packets, or bodies, were mutated */
  send(victim: Victim, random: Random): Promise<number>;
}

const atOnce = 8;

/** @param count of packets or bodies, at least */
export async function fuzz(fuzzer: Fuzzer, victim: Victim, count: number, random: Random): Promise<number> {
  let sent = 0;
  const one = async () => {
    while (sent < count) sent += await attempt(fuzzer, victim, random);
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return sent;
}

/** A connection that the server refuses, as there are too many, is none. */
async function attempt(fuzzer: Fuzzer, victim: Victim, random: Random): Promise<number> {
  try {
    return await fuzzer.send(victim, random);
  } catch (error) {
    if (!(await victim.serves()))
      throw new Error(`${fuzzer.name}: the server serves nobody any more`, { cause: error });
    return 0;
  }
}
