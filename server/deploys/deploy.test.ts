import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Bus } from '../../base/bus.ts';
import { GitkubeError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import { remoteUrl } from '../../base/server-hints.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { BareRepository } from '../../test/support/bare-repository.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { DeployContext } from './context.ts';
import { Deploy } from './deploy.ts';
import type { DeployEvent } from './events.ts';
import type { Phase } from './phases.ts';

const why = new GitkubeError('Cancelled', 'cancelled by me');
const early: readonly Phase[] = ['queue', 'check', 'build', 'accept'];

let bare: BareRepository;
let deploy: Deploy;
let said: string[];
let hung: string[];

beforeEach(async () => {
  bare = await BareRepository.create();
  const log = silentLogger;
  const events = new Bus<DeployEvent>(log);
  const context = { clock: new ManualClock(), log, events, onceReported: () => {}, urlForm: () => remoteUrl() };
  said = [];
  hung = [];
  deploy = new Deploy({
    context: context as unknown as DeployContext,
    remote: { id: 'ns/app', uid: 'u1' } as Remote,
    repository: bare.repository,
    principal: { name: 'me', fingerprint: 'mine' },
    receivePacks: 1,
    onCancel: ({ message }) => hung.push(message),
  });
  deploy.session.output.readBy(({ text }) => said.push(text));
});
afterEach(() => bare[Symbol.asyncDispose]());

const isAborted = () => deploy.session.signal.aborted;

describe('a deploy', () => {
  it.each([...early, 'rollout'] as const)('is cancelled in its phase %s', (phase) => {
    deploy.session.phases.begin(phase);
    expect(deploy.tryCancel(why)).toBe(true);
    expect(deploy.session.signal.reason).toBe(why);
    expect(hung).toEqual(['cancelled by me']);
  });

  it('cannot be cancelled once its refs are written, or when it has ended', () => {
    deploy.session.phases.begin('refs');
    expect([deploy.tryCancel(why), isAborted()]).toEqual([false, false]);
    deploy.session.phases.begin('check');
    deploy.finish({ kind: 'unchanged' });
    expect([deploy.tryCancel(why), isAborted()]).toEqual([false, false]);
  });

  it.each(early)('is ended in its phase %s when the server stops', (phase) => {
    deploy.session.phases.begin(phase);
    deploy.drain(why);
    expect(isAborted()).toBe(true);
  });

  it.each([
    ['rollout', ['cancelled by me; finishing this rollout first']],
    ['refs', []],
  ] as const)('goes on in its phase %s when the server stops', (phase, lines) => {
    deploy.session.phases.begin(phase);
    deploy.drain(why);
    expect([said, isAborted()]).toEqual([lines, false]);
  });

  it('that fails prints the reason, which is its outcome', async () => {
    const { error } = await deploy.attempt(() => Promise.reject(why));
    expect(error).toBe(why);
    expect(said).toEqual(['cancelled by me']);
    expect(await deploy.outcome).toEqual({ kind: 'failed', error: why });
  });

  it('that deploys nothing ends without an outcome', async () => {
    await deploy.end();
    expect(await deploy.outcome).toBeUndefined();
    expect(deploy.session.ending.disposed).toBe(true);
  });
});
