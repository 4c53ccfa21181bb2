import type { MigrationLeft, Remote, TaskStatus } from '../../remote-crd/index.ts';

/** Whose a task is. */
export interface TaskOwner {
  readonly remote: Pick<Remote, 'namespace' | 'name' | 'environment' | 'uid' | 'id'>;
  /** Id of the deploy. */
  readonly deploy: string;
  readonly commit: string;
}

export type TaskChange = Omit<TaskStatus, 'push' | 'commit'>;

export type TaskEvent =
  /** It was skipped, begins, has ended or was undone. */
  | { readonly kind: 'taskChanged'; readonly of: TaskOwner; readonly task: TaskChange; readonly isCancelled?: boolean }
  /** A migration was to be undone, and was not. */
  | {
      readonly kind: 'migrationLeft';
      readonly of: TaskOwner;
      /** Its name. */
      readonly task: string;
      readonly reason: MigrationLeft;
      readonly message: string;
    };
