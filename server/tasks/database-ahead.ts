import { shortId } from '../../base/text.ts';
import type { Condition, MigrationLeft } from '../../remote-crd/index.ts';
import type { ReleaseRecord } from '../git/release.ts';

/** What one migration has left. */
export interface LeftOver {
  readonly task: string;
  readonly reason: MigrationLeft;
  readonly message: string;
  readonly deploy: string;
  readonly commit: string;
}

interface Entry {
  readonly task: string;
  readonly reason: string;
  /** With the deploy that has left it. */
  readonly text: string;
}

/** What migrations of one Remote have left that nobody has taken back: each until a release has run its task to its end. */
export class DatabaseAhead {
  readonly #entries = new Map<string, Entry>();

  /** @param condition as an earlier server has written it */
  constructor(condition?: Pick<Condition, 'reason' | 'message'>) {
    if (!condition) return;
    for (const text of condition.message.split(/; (?=(?:undo of )?task \S)/)) {
      const task = /\btask (\S+)/.exec(text)?.[1] ?? '';
      this.#entries.set(task, { task, reason: condition.reason, text });
    }
  }

  /** Undefined: nothing is left. */
  get condition(): { readonly status: 'True'; readonly reason: string; readonly message: string } | undefined {
    const all = [...this.#entries.values()];
    const last = all.at(-1);
    return last && { status: 'True', reason: last.reason, message: all.map(({ text }) => text).join('; ') };
  }

  add({ task, reason, message, deploy, commit }: LeftOver): void {
    this.#entries.delete(task);
    this.#entries.set(task, { task, reason, text: `${message} (deploy ${deploy} of ${shortId(commit)})` });
  }

  /** A push that has skipped a migration, or whose Remote no longer has it, says nothing of what that has left. */
  released({ tasks = [] }: Pick<ReleaseRecord, 'tasks'>): void {
    for (const { name, stage, state } of tasks) {
      if (stage === 'Migrate' && state === 'Succeeded') this.#entries.delete(name);
    }
  }
}
