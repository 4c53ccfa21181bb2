import { expect, it } from 'vitest';
import { inShort } from './heard.ts';

it('the lines of Gitkube are kept of what a pusher reads, without what differs between runs', () => {
  const output = [
    'remote: error: the Docker Engine at unix:///tmp/gitkube-frozen-ab/docker.sock has not answered for 10 s        ',
    'remote: hint: push again in a moment        ',
    'To ssh://git@127.0.0.1:15000/test-0a1b2c3d/app',
    ' ! [remote rejected] HEAD -> main (pre-receive hook declined)',
    "error: failed to push some refs to 'ssh://git@127.0.0.1:15000/test-0a1b2c3d/app'",
  ].join('\n');
  expect(inShort(output, undefined)).toBe('error: the Docker Engine at unix://…/docker.sock has not answered for 10 s');
});

it('a hook is named without the folder of the server', () => {
  expect(inShort('error: /opt/gitkube/hooks/pre-receive died of signal 9', undefined)).toBe(
    'error: …/hooks/pre-receive died of signal 9',
  );
});

it('a release is named without its commit and its time', () => {
  const line = 'remote: Released releases/2: main 0a1b2c3 runs after 3.2 s (www 1.0 s)';
  expect(inShort(line, undefined)).toBe('Released releases/2: main runs');
});

it('keys, pods and times are no part of it', () => {
  const words = [
    ['locked by id@test since 2026-02-28T17:21:00Z: a freeze', 'locked by id@test since …: a freeze'],
    ['pod www-run-163e0c76 was deleted, and www-964688788-k2qst', 'pod www-… was deleted, and www-…'],
    ['no Remote test-0a1b2c3d/app accepts the key SHA256:a/183+Pz', 'no Remote ns/app accepts the key SHA256:…'],
  ];
  for (const [said, kept] of words) expect(inShort(`remote: error: ${said}`, undefined)).toBe(`error: ${kept}`);
  expect(inShort('up\nexit code 7\n', undefined)).toBe('exit code 7');
});

it('the lines of git are kept with the reason of the status where Gitkube could print nothing', () => {
  const output = 'fatal: the remote end hung up unexpectedly\nerror: failed to push some refs\n';
  expect(inShort(output, { reason: 'PushCutOff' })).toBe(
    'fatal: the remote end hung up unexpectedly; the status: PushCutOff',
  );
  expect(inShort('remote: error: proc-receive exited abnormally', { reason: 'Released' })).toBe(
    'nothing; the status: Released',
  );
  expect(inShort('', { reason: 'Released' })).toBe('nothing; the status: Released');
});
