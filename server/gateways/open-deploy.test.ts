import { beforeEach, describe, expect, it } from 'vitest';
import { GitkubeError, shuttingDown } from '../../base/errors.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { DeployContext } from '../deploys/context.ts';
import type { DoorFacts } from '../deploys/deploy.ts';
import type { DeployUnderWay } from '../deploys/deploys-under-way.ts';
import { type DoorParts, openDeploy } from './open-deploy.ts';

const name = { namespace: 'ns', name: 'app' };
const principal = { fingerprint: 'mine', name: 'me elsewhere' };

let remote: Remote;
let added: unknown[];
/** Called while the repository is opened. */
let whileOpening: () => void;
let refusals: { open?: GitkubeError; room?: GitkubeError };

beforeEach(() => {
  remote = makeRemote('u1');
  added = [];
  whileOpening = () => {};
  refusals = {};
});

function makeRemote(uid: string): Remote {
  return {
    id: 'ns/app',
    ...name,
    environment: '',
    uid,
    keys: [{ fingerprint: 'mine', comment: 'me' }],
  } as unknown as Remote;
}

function throwIf(refusal: GitkubeError | undefined): void {
  if (refusal) throw refusal;
}

/** Opens a deploy, and returns what it began with. */
async function open(): Promise<DoorFacts> {
  const parts: DoorParts = {
    context: { repositories: { folder: '/' }, receiveLimits: { minFreeBytes: 0 } } as unknown as DeployContext,
    access: { known: async () => {}, authorize: () => remote },
    owner: {
      open: async () => {
        whileOpening();
        return { of: async () => ({}) } as never;
      },
    },
    underWay: {
      requireOpen: () => throwIf(refusals.open),
      requireRoom: () => throwIf(refusals.room),
      add: (one) => void added.push(one),
      of: () => [],
      ofAll: () => [],
    },
  };
  const begun = await openDeploy(
    parts,
    name,
    { principal, verb: 'push' },
    (deploy) => deploy as unknown as DeployUnderWay,
  );
  return begun as unknown as DoorFacts;
}

describe('a deploy at the door', () => {
  it('begins under the name that the Remote has for the key, and is among those under way', async () => {
    const begun = await open();
    expect(begun).toMatchObject({ remote, principal: { fingerprint: 'mine', name: 'me' } });
    expect(added).toEqual([begun]);
  });

  it('does not begin when its Remote was replaced by another one of its name while it was opened', async () => {
    whileOpening = () => {
      remote = makeRemote('u2');
    };
    await expect(open()).rejects.toMatchObject({ reason: 'RemoteUnknown' });
    expect(added).toEqual([]);
  });

  it('does not begin when the server has begun to stop while it was opened', async () => {
    whileOpening = () => {
      refusals.open = shuttingDown();
    };
    await expect(open()).rejects.toMatchObject({ reason: 'ShuttingDown' });
    expect(added).toEqual([]);
  });

  it('does not begin when its namespace has no room', async () => {
    refusals.room = new GitkubeError('ServerBusy', 'full');
    await expect(open()).rejects.toMatchObject({ reason: 'ServerBusy' });
    expect(added).toEqual([]);
  });
});
