import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { GitProcess, uploadPack, yieldToOthers } from './git-process.ts';
import { Repositories } from './repositories.ts';

it('a fetch whose client sends nothing more is ended after its time limit', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gitkube-service-'));
  try {
    const { path } = await new Repositories(folder).open('ns', 'app');
    expect(await uploadPack(path, 'version=2', 200).done).toBeTypeOf('number');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it('the priority of a process that has just ended is left as it was', async () => {
  const child = spawn('true');
  await once(child, 'close');
  expect(() => yieldToOthers(child.pid)).not.toThrow();
});

it('a git that has ended is not killed: another process may have its number', async () => {
  const service = new GitProcess(spawn('true', { detached: true }));
  service.stdout.resume();
  service.stderr.resume();
  await service.done;
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
  service.end();
  expect(kill).not.toHaveBeenCalled();
  kill.mockRestore();
});
