import { cancel } from './cancel.ts';
import type { Command } from './command.ts';
import { deploys } from './deploys.ts';
import { diff } from './diff.ts';
import { env } from './env.ts';
import { help } from './help.ts';
import { keys } from './keys.ts';
import { lock } from './lock.ts';
import { logs } from './logs.ts';
import { output } from './output.ts';
import { redeploy } from './redeploy.ts';
import { releases } from './releases.ts';
import { restart } from './restart.ts';
import { rollback } from './rollback.ts';
import { run } from './run.ts';
import { status } from './status.ts';
import { task } from './task.ts';
import type { TextCommand } from './text-command.ts';
import { unknown } from './unknown.ts';
import { unlock } from './unlock.ts';
import { whoami } from './whoami.ts';

/** What people type, by every door. */
export const forPeople: readonly TextCommand[] = [
  status,
  logs,
  diff,
  run,
  releases,
  deploys,
  output,
  rollback,
  redeploy,
  restart,
  task,
  env,
  cancel,
  lock,
  unlock,
  keys,
  whoami,
];

/** All that a door has for people; the last one is whatever the others are not. */
export const textCommands: readonly Command[] = [
  ...forPeople,
  help(forPeople),
  unknown([...forPeople.map(({ usage }) => usage.name), 'help']),
];
