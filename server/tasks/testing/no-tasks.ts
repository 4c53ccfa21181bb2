import type { UndoParts } from '../undo-migrations.ts';

/** A cluster whose deploys have no tasks: nothing of it may be called. */
export const noTasks: UndoParts = {
  find: () => Promise.reject(new Error('no task is looked for')),
  create: () => Promise.reject(new Error('no task is created')),
  await: () => Promise.reject(new Error('no task is waited for')),
  delete: () => Promise.reject(new Error('no task is deleted')),
  newPodsLeft: async () => [],
  reports: { undone: () => {}, left: async () => {} },
};
