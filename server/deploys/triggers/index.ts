import { env } from './env.ts';
import { redeploy } from './redeploy.ts';
import { restart } from './restart.ts';
import { rollback } from './rollback.ts';
import { task } from './task.ts';
import { watch } from './watch.ts';

/** Everything that asks for a deploy without git. */
export const triggers = [rollback, redeploy, restart, env, task, watch] as const;

export type AnyTrigger = (typeof triggers)[number];
