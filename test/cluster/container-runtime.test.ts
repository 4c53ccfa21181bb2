import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { containerRuntime } from './container-runtime.ts';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitkube-runtime-'));
  vi.stubEnv('PATH', [folder, process.env.PATH].join(delimiter));
  await program('runc', 'echo "runc $*"');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('a container that crun creates is not created again by runc', async () => {
  await program('crun', 'echo "crun $*"');
  const runtime = await containerRuntime(folder, join(folder, 'unified'));
  expect(call(runtime, '--root', '/run', 'create', 'one')).toBe('crun --root /run create one\n');
  expect(call(runtime, '--root', '/run', 'delete', 'one')).toBe('crun --root /run delete one\n');
});

it('a container that crun cannot create goes to runc, with all that is done to it', async () => {
  await program('crun', '[ "$3" = delete ] && echo "crun $*"');
  await program('runc', `echo "runc $*"; mkdir -p '${folder}/root/one'; : > '${folder}/root/one/state.json'`);
  const runtime = await containerRuntime(folder, join(folder, 'unified'));
  for (const command of ['create', 'start', 'delete']) {
    expect(call(runtime, '--root', `${folder}/root`, command, 'one')).toBe(
      `runc --root ${folder}/root ${command} one\n`,
    );
  }
  expect(call(runtime, '--root', `${folder}/root`, 'delete', 'other')).toBe(
    `crun --root ${folder}/root delete other\n`,
  );
});

it('where both cgroup versions are mounted runc creates all', async () => {
  await program('crun', 'echo "crun $*"');
  await mkdir(join(folder, 'unified'));
  await writeFile(join(folder, 'unified/cgroup.procs'), '');
  const runtime = await containerRuntime(folder, join(folder, 'unified'));
  expect(call(runtime, '--root', '/run', 'create', 'one')).toBe('runc --root /run create one\n');
});

async function program(name: string, body: string): Promise<void> {
  const file = join(folder, name);
  await writeFile(file, `#!/bin/sh\n${body}\n`);
  await chmod(file, 0o755);
}

function call(file: string, ...args: string[]): string {
  return execFileSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}
