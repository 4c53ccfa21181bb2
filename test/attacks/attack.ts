import type { Victim } from './victim.ts';

/** What an attacker can see of how it went. */
export interface Outcome {
  readonly fell: boolean;
  /** A few words for the table. */
  readonly seen: string;
}

export interface Attack {
  /** A CVE, an advisory, an issue, or where the weakness is in the source; a CWE where it has happened too often for one name. */
  readonly incident: string;
  readonly what: string;
  /** Does the same to both. */
  attempt(victim: Victim): Promise<Outcome>;
}

export interface Surface {
  readonly name: string;
  readonly attacks: readonly Attack[];
}

export const fell = (seen: string): Outcome => ({ fell: true, seen });
export const stood = (seen: string): Outcome => ({ fell: false, seen });
