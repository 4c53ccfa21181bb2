import { expect, it, vi } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import { OutputText } from '../deploys/output-text.ts';
import { FollowedDeploy } from './followed-deploy.ts';

const released = { kind: 'checked' } as const;
const stays = new AbortController().signal;

/** A deploy that printed `one`, and the lines of its reader. */
function followed(mayStill: () => void) {
  const output = new OutputText();
  output.read({ kind: 'said', text: 'one' });
  const deploy = { id: 'd1', remote: { id: 'ns/app' }, outcome: Promise.resolve(released) };
  return { output, reading: new FollowedDeploy({ deploy, output } as never, mayStill).until(stays) };
}

it('a deploy is read to its end by the key that asked for it', async () => {
  const { output, reading } = followed(() => {});
  output.end();
  let said = '';
  for await (const text of reading) said += text;
  expect(said).toContain('one');
});

it('a key that is removed while its deploy is under way reads no further', async () => {
  let isListed = true;
  const { output, reading } = followed(() => {
    if (!isListed) throw new GitkubeError('RemoteUnknown', 'no such Remote');
  });
  expect((await reading.next()).value).toContain('one');
  isListed = false;
  output.read({ kind: 'said', text: 'two' });
  output.end();
  await expect(reading.next()).rejects.toMatchObject({
    reason: 'RemoteUnknown',
    message: 'no such Remote',
    hint: ['deploy d1 goes on; anyone who may still read it types: ssh -p <port> git@<host> output ns/app d1'],
  });
});

it('a deploy that nobody but its reader needs is cancelled when that leaves, and no other one is', () => {
  const tryCancel = vi.fn();
  const commanded = { deploy: { tryCancel }, output: new OutputText() } as never;
  new FollowedDeploy(commanded, () => {}).leave();
  expect(tryCancel).not.toHaveBeenCalled();
  new FollowedDeploy(commanded, () => {}, true).leave();
  expect(tryCancel).toHaveBeenCalledWith(expect.objectContaining({ message: 'the client that asked for it has left' }));
});

it('a migration that somebody has asked for alone is cancelled when its client leaves, and only before it runs', () => {
  const tryCancel = vi.fn();
  const session = { phases: { current: 'queue' } };
  const commanded = { deploy: { tryCancel, session }, output: new OutputText() } as never;
  const followedOne = new FollowedDeploy(commanded, () => {}, 'before it migrates');
  session.phases.current = 'migrate';
  followedOne.leave();
  expect(tryCancel).not.toHaveBeenCalled();
  session.phases.current = 'queue';
  followedOne.leave();
  expect(tryCancel).toHaveBeenCalledOnce();
});
