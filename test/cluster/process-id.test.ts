import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, vi } from 'vitest';
import { isAlive, isGone, ownProcessId, parseStat, processId } from './process-id.ts';

it('the start time of a process is found after a name with spaces and parentheses', () => {
  const rest = '1 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 987654 0 0';
  expect(parseStat(`42 (a) b (c) S ${rest}`)).toEqual({ pid: 42, startTime: '987654' });
});

it('a zombie counts as dead', () => {
  expect(parseStat('42 (x) Z 1 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 987654 0 0')).toBeUndefined();
});

it('a later process with the same number is not the earlier one', () => {
  const own = ownProcessId();
  expect(isAlive(own)).toBe(true);
  expect(isAlive({ ...own, startTime: '1' })).toBe(false);
});

it('the end of a child is seen', async () => {
  const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
  await once(child, 'spawn');
  const id = processId(child.pid ?? 0);
  if (id === undefined) throw new Error('the child is not in /proc');
  expect(isAlive(id)).toBe(true);
  child.stdin.end();
  await once(child, 'close');
  expect(isAlive(id)).toBe(false);
  expect(isGone(id)).toBe(true);
});

it('a process is still there until its parent has asked how it ended', async () => {
  // The sleep is a child of a program that never waits for one, as soon as cat is what answers: a shell may.
  const parent = spawn('sh', ['-c', 'sleep 600 & echo $!; exec cat'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const [line] = await once(parent.stdout, 'data');
  parent.stdin.write('are you cat?');
  await once(parent.stdout, 'data');
  const id = processId(Number(line));
  if (id === undefined) throw new Error('the child is not in /proc');
  process.kill(id.pid, 'SIGKILL');
  await vi.waitFor(() => expect(isAlive(id)).toBe(false), { timeout: 20_000 });
  expect(isGone(id)).toBe(false);
  parent.stdin.end();
});
