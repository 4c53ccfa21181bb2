import { expect, it } from 'vitest';
import { logLines } from './log-lines.ts';

it('splits a log into its lines, empty ones in between included', () => {
  expect(logLines('starting\n\nready\n')).toEqual(['starting', '', 'ready']);
});

it.each([
  '',
  'unable to retrieve container logs for containerd://0f2a77\n',
  'unable to retrieve container logs for containerd://0f2a77',
  'failed to try resolving symlinks in path "/var/log/pods/a_b_c/www/0.log": lstat /var/log/pods/a_b_c/www/0.log: no such file or directory',
])('takes %j for no log', (text) => {
  expect(logLines(text)).toEqual([]);
});

it('shows what a container itself says of logs', () => {
  const own = 'unable to retrieve container logs for web\nstopping';
  expect(logLines(own)).toEqual(own.split('\n'));
});
