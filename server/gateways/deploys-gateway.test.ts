import { beforeEach, describe, expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { Access } from '../access/access.ts';
import { noAudit } from '../access/testing/no-audit.ts';
import type { KeptDeploy } from '../deploys/records/records.ts';
import { DeploysGateway } from './deploys-gateway.ts';
import type { RemoteState } from './remote-state.ts';

const me = { fingerprint: 'mine', name: 'me' };
const stranger = { fingerprint: 'other', name: 'stranger' };
const known = { namespace: 'ns', name: 'app' };
const signal = new AbortController().signal;

let remotes: Remote[];
let gateway: DeploysGateway;

beforeEach(() => {
  remotes = [makeRemote('app')];
  const deploy = { id: 'd1', read: async () => ({ id: 'd1' }), output: said } as unknown as KeptDeploy;
  const found: Record<string, KeptDeploy> = {
    d1: deploy,
    deleted: { ...deploy, read: async () => undefined } as never,
  };
  gateway = new DeploysGateway({
    remotes: {
      byFingerprint: (fingerprint) => remotes.filter(({ keys }) => keys.some((key) => key.fingerprint === fingerprint)),
      elsewhere: () => [],
    },
    access: new Access({
      remotes: {
        entry: (id) => remotes.filter((one) => one.id === id).map((remote) => ({ remote }) as never)[0],
        byOldName: () => undefined,
        judged: async () => {},
      },
      audit: noAudit,
      clock: new ManualClock(),
      urlForm: () => 'ssh://host/<namespace>/<name>',
    }),
    branches: async () => ['main'],
    audit: noAudit,
    repositories: { findOf: async ({ name }) => (name === 'new' ? undefined : ({ path: `/${name}` } as never)) },
    state: async ({ id }) => ({ remote: id }) as RemoteState,
    records: { all: async () => [{ id: 'd1' } as never], find: async (_, id) => found[id ?? 'd1'] },
  });
});

function makeRemote(name: string): Remote {
  return { id: `ns/${name}`, namespace: 'ns', name, uid: name, keys: [{ fingerprint: 'mine' }] } as unknown as Remote;
}

async function* said() {
  for (let n = 1; ; n++) yield [{ n, ms: 0, kind: 'said', text: 'x' }] as const;
}

describe('the deploys of a Remote', () => {
  it('are listed for a key that may read it, which need not name its only one', async () => {
    expect(await gateway.all(known, me)).toMatchObject([{ id: 'd1' }]);
    expect(await gateway.all(undefined, me)).toMatchObject([{ id: 'd1' }]);
    const { record } = await gateway.read(undefined, undefined, me, signal);
    expect(await record()).toMatchObject({ id: 'd1' });
  });

  it('are none where nothing was pushed yet, and no repository is created for that', async () => {
    remotes = [makeRemote('new')];
    expect(await gateway.all(undefined, me)).toEqual([]);
    expect(await gateway.releases(undefined, me)).toEqual([]);
    expect(await gateway.status(undefined, me)).toEqual({ remote: 'ns/new' });
    const message = 'nothing was deployed to ns/new yet';
    await expect(gateway.read(undefined, undefined, me, signal)).rejects.toMatchObject({ message });
  });

  it('are refused to another key as if there were no such Remote', async () => {
    const refused = { reason: 'RemoteUnknown', message: 'no Remote ns/app accepts the key other' };
    await expect(gateway.all(known, stranger)).rejects.toMatchObject(refused);
    await expect(gateway.read(known, 'd1', stranger, signal)).rejects.toMatchObject(refused);
    const message = 'no Remote lists this key';
    await expect(gateway.status(known, stranger)).rejects.toMatchObject(refused);
    await expect(gateway.releases(known, stranger)).rejects.toMatchObject(refused);
    await expect(gateway.all(undefined, stranger)).rejects.toMatchObject({ reason: 'UsageInvalid', message });
  });

  it('of more than one are asked for by name', async () => {
    remotes = Array.from({ length: 7 }, (_, n) => makeRemote(`app${n}`));
    const message = '7 Remotes list this key: ns/app0, ns/app1, ns/app2, ns/app3, ns/app4, …';
    await expect(gateway.all(undefined, me)).rejects.toMatchObject({
      message,
      hint: [expect.stringContaining('name')],
    });
  });

  it('without a record are reported with the command that lists the records', async () => {
    const expected = { reason: 'DeployNotFound', message: 'ns/app has no record of deploy gone' };
    await expect(gateway.read(known, 'gone', me, signal)).rejects.toMatchObject(expected);
  });

  it('are followed as long as the key is listed', async () => {
    const { output } = await gateway.read(known, 'd1', me, signal);
    const following = output[Symbol.asyncIterator]();
    expect((await following.next()).value).toMatchObject([{ n: 1 }]);
    remotes = [];
    await expect(following.next()).rejects.toBeInstanceOf(GitkubeError);
  });

  it('that is deleted while it is read is named, and is not taken for one that was interrupted', async () => {
    const { record } = await gateway.read(known, 'deleted', me, signal);
    const message = 'the record of deploy d1 of ns/app was deleted while it was read';
    await expect(record()).rejects.toMatchObject({ reason: 'DeployNotFound', message });
  });
});
