import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ifMissing } from '../git/missing.ts';
import type { ReadyTask } from './task-order.ts';

const NAME = 'gitkube-tests.json';
/** Each has 64 characters. */
const maxKept = 200;

/** Why one is skipped. */
export const passedBefore = 'passed before with this image';

const Passed = z.array(z.string());

/** What decides what a test comes to, as far as Gitkube knows it: all of its pod but what it knows of its deploy. */
export function knownTest({ task, job }: ReadyTask): string {
  const { containers = [], ...spec } = job.spec?.template.spec ?? {};
  const own = containers.map((one) => ({ ...one, env: one.env?.filter(({ name }) => !name.startsWith('GITKUBE_')) }));
  return createHash('sha256')
    .update(JSON.stringify([task.name, spec, own]))
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
export async function writePassed(folder: string, keys: readonly string[]): Promise<void> {
  const others = (await readPassed(folder)).filter((one) => !keys.includes(one));
  await writeFile(join(folder, NAME), JSON.stringify([...others, ...keys].slice(-maxKept)), { mode: 0o600 });
}
