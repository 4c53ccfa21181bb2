import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { GitkubeError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import type { NewSecret, V1Secret } from '../../kube/kube.ts';
import { loadHostKey } from './host-key.ts';
import { hostKeyFromSecret } from './host-key-secret.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitkube-host-key-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** One Secret of an API server. */
class Secrets {
  held: V1Secret | undefined;
  /** Called before a Secret is made: another server may be quicker, or the API server away. */
  beforeCreate = () => {};

  async getSecret(): Promise<V1Secret | undefined> {
    return this.held;
  }

  async createSecret({ stringData }: NewSecret): Promise<boolean> {
    this.beforeCreate();
    if (this.held) return false;
    this.hold(stringData);
    return true;
  }

  hold(stringData: Readonly<Record<string, string>>): void {
    const encoded = Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
    this.held = { data: Object.fromEntries(encoded) };
  }
}

const load = (kube: Secrets, file = 'ssh_host_ed25519_key') =>
  hostKeyFromSecret({
    kube,
    secret: { namespace: 'gitkube', name: 'host-key' },
    path: join(folder, file),
    clock: systemClock,
    log: silentLogger,
    signal: new AbortController().signal,
  });

describe('the host key in a Secret', () => {
  it('is created once, with its public half, and is the same with every data folder', async () => {
    const secrets = new Secrets();
    const made = await load(secrets);
    expect(Buffer.from(secrets.held?.data?.['ssh_host_ed25519_key.pub'] ?? '', 'base64').toString()).toBe(
      `${made.publicLine}\n`,
    );
    expect(await load(secrets, 'elsewhere/key')).toEqual(made);
  });

  it('is first the key of the data folder, so that an upgrade locks nobody out', async () => {
    const before = await loadHostKey(join(folder, 'ssh_host_ed25519_key'));
    const secrets = new Secrets();
    expect(await load(secrets)).toEqual(before);
    expect(secrets.held).toBeDefined();
  });

  it('is used over another one in the data folder', async () => {
    const secrets = new Secrets();
    const first = await load(secrets);
    await loadHostKey(join(folder, 'ssh_host_ed25519_key'));
    expect(await load(secrets)).toEqual(first);
  });

  it('is that of the server that was faster', async () => {
    const secrets = new Secrets();
    const other = new Secrets();
    const theirs = await load(other);
    secrets.beforeCreate = () => {
      secrets.held = other.held;
    };
    expect(await load(secrets)).toEqual(theirs);
  });

  it('is waited for while the API server is away', async () => {
    const secrets = new Secrets();
    let calls = 0;
    secrets.beforeCreate = () => {
      if (++calls === 1) throw new GitkubeError('ClusterUnavailable', 'no answer');
    };
    expect((await load(secrets)).fingerprint).toMatch(/^SHA256:/);
    expect(calls).toBe(2);
  });

  it.each([
    ['is missing', {}],
    ['is no key', { ssh_host_ed25519_key: 'x' }],
  ])('that %s is refused and not replaced', async (_, data) => {
    const secrets = new Secrets();
    secrets.hold(data);
    const { held } = secrets;
    const refused = { reason: 'HostKeyUnusable', message: expect.stringContaining('gitkube/host-key') };
    await expect(load(secrets)).rejects.toMatchObject(refused);
    expect(secrets.held).toBe(held);
  });

  it('is not created from a damaged one of the data folder', async () => {
    await writeFile(join(folder, 'damaged'), 'no key');
    const secrets = new Secrets();
    await expect(load(secrets, 'damaged')).rejects.toMatchObject({ reason: 'HostKeyUnusable' });
    expect(secrets.held).toBeUndefined();
  });
});
