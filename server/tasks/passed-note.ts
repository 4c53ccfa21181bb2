import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ifMissing } from '../git/missing.ts';
import type { ReadyTask } from './task-order.ts';

const NAME = 'gitkube-tests.json';
/** Each has 64 characters. */
const maxKept = 200;

const Passed = z.array(z.string());

/** What decides what a test comes to, as far as Gitkube knows it: the image by digest, the command and the env of its own. */
export function knownTest({ task, job }: ReadyTask): string {
  const { image = '' } = job.spec?.template.spec?.containers[0] ?? {};
  const { name, command, env } = task;
  return createHash('sha256')
    .update(JSON.stringify([name, image, command, env]))
    .digest('hex');
}

/** Tests that have passed, the newest last; what nobody can read counts as nothing. */
export async function readPassed(folder: string): Promise<readonly string[]> {
  const text = await readFile(join(folder, NAME), 'utf8').catch(ifMissing('[]'));
  try {
    return Passed.parse(JSON.parse(text));
  } catch {
    return [];
  }
}

/** One that is cut off counts as nothing: then they run once more. */
export async function writePassed(folder: string, key: string): Promise<void> {
  const others = (await readPassed(folder)).filter((one) => one !== key);
  await writeFile(join(folder, NAME), JSON.stringify([...others, key].slice(-maxKept)), { mode: 0o600 });
}
