import { duration } from '../../base/text.ts';
import type { AnyObject } from '../../kube/kube.ts';
import type { AppliedObject } from '../apply/apply.ts';
import { keyOf, nameOf } from '../objects/objects.ts';
import type { Say } from '../types.ts';
import { isFine, type Verdict, wordsOf } from './judge.ts';

export interface Judged {
  readonly one: AppliedObject;
  readonly verdict: Verdict;
  /** When it is believed, by the monotonic clock; undefined: now. */
  readonly believedAt?: number | undefined;
  /** When waiting any longer makes no sense; undefined: nothing is known to keep it from working. */
  readonly overAt?: number | undefined;
}

/** So many lines about one object: its controller may change its words for ever. */
const maxLines = 20;

/** Says what is waited for, and when it is there; each thing once. */
export class WaitReport {
  readonly #say: Say;
  readonly #said = new Map<string, string[]>();

  constructor(say: Say) {
    this.#say = say;
  }

  show(judged: readonly Judged[], elapsedMs: number): void {
    for (const { one, verdict, believedAt } of judged) {
      const lines = this.#said.get(keyOf(one.ref)) ?? [];
      const waited = lines.length > 0 && lines.at(-1) !== '';
      if (verdict.kind === 'waiting' && lines.at(-1) !== verdict.why && lines.length < maxLines) {
        this.#said.set(keyOf(one.ref), [...lines, verdict.why]);
        this.#say(`${nameOf(one.ref)}: ${wordsOf(verdict)}`);
      } else if (waited && isFine(verdict) && believedAt === undefined) {
        this.#said.set(keyOf(one.ref), [...lines, '']);
        const words = 'words' in verdict ? verdict.words : undefined;
        this.#say(`${nameOf(one.ref)}: ${words ?? `${done(one.after)} after ${duration(elapsedMs)}`}`);
      }
    }
  }
}

function done({ kind }: AnyObject): string {
  return kind === 'Job' ? 'complete' : 'ready';
}
