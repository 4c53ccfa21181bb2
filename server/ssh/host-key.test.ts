import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateHostKey, loadHostKey } from './host-key.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitkube-host-key-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the host key', () => {
  it('can always be read again, although one of 256 that ssh2 generates is malformed', () => {
    const keys = Array.from({ length: 1_500 }, generateHostKey);
    expect(keys.filter((key) => ssh2.utils.parseKey(key) instanceof Error)).toEqual([]);
  });

  it('is generated once and kept', async () => {
    const path = join(folder, 'data/key');
    const made = await loadHostKey(path);
    expect(made.fingerprint).toMatch(/^SHA256:/);
    expect(await loadHostKey(path)).toEqual(made);
  });

  it('that is damaged is refused and not replaced', async () => {
    const path = join(folder, 'damaged');
    await writeFile(path, 'no key');
    await expect(loadHostKey(path)).rejects.toMatchObject({ reason: 'HostKeyUnusable' });
  });

  it('in a data folder that is not a folder is an error of the settings', async () => {
    await writeFile(join(folder, 'file'), '');
    const loading = loadHostKey(join(folder, 'file/key'));
    await expect(loading).rejects.toMatchObject({
      reason: 'ConfigInvalid',
      message: expect.stringContaining('(ENOTDIR)'),
    });
  });
});
