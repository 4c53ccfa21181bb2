import { expect, it } from 'vitest';
import { logLines } from './log-lines.ts';

it('the lines of a log include empty ones', () => {
  expect(logLines('starting\n\nready\n')).toEqual(['starting', '', 'ready']);
});

it.each([
  '',
  'unable to retrieve container logs for containerd://0f2a77\n',
  'unable to retrieve container logs for containerd://0f2a77',
  'failed to try resolving symlinks in path "/var/log/pods/a_b_c/www/0.log": lstat /var/log/pods/a_b_c/www/0.log: no such file or directory',
])('the log %j has no lines', (text) => {
  expect(logLines(text)).toEqual([]);
});

it('the lines of a log include what a container itself prints about logs', () => {
  const own = 'unable to retrieve container logs for web\nstopping';
  expect(logLines(own)).toEqual(own.split('\n'));
});
