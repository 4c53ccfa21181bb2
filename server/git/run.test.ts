import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { git } from './run.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gitkube-run-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('works with a repository that another user owns, as on a volume that was restored or got a new user id', async () => {
  await git(['init', '-q', '--bare', '.'], { cwd: folder });
  const env = { GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' };
  expect((await git(['rev-parse', '--is-bare-repository'], { cwd: folder, env })).trim()).toBe('true');
});
