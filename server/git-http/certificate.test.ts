import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { silentLogger } from '../../base/log.ts';
import { makeCertificate } from '../../test/cluster/certificates.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { followCertificate, readCertificate } from './certificate.ts';

let folder: string;
const make = () => makeCertificate(folder, 'tls', '/CN=a', undefined, []);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitkube-certificate-'));
});
afterEach(() => rm(folder, { recursive: true }));

it.each([
  ['there is none', async () => {}],
  ['it is no certificate', async () => writeFile(join(folder, 'tls.crt'), 'x')],
  [
    'the key is another one',
    async () => {
      await make();
      const { key } = await makeCertificate(folder, 'other', '/CN=a', undefined, []);
      await rm(join(folder, 'tls.key'));
      await rename(key, join(folder, 'tls.key'));
    },
  ],
])('a certificate is refused where %s', async (_, arrange) => {
  await arrange();
  await expect(readCertificate(folder)).rejects.toMatchObject({ reason: 'ConfigInvalid' });
});

it('a certificate that takes the place of another is reported, and one that cannot be used is not', async () => {
  await make();
  const [clock, onChange, stop] = [new ManualClock(), vi.fn(), new AbortController()];
  const following = followCertificate({
    used: await readCertificate(folder),
    folder,
    onChange,
    clock,
    log: silentLogger,
    signal: stop.signal,
  });
  const round = async (count: number) => {
    await vi.waitFor(() => expect(clock.delays).toHaveLength(count));
    clock.advance(15_000);
    await vi.waitFor(() => expect(clock.delays).toHaveLength(count + 1));
  };
  await round(1);
  expect(onChange).not.toHaveBeenCalled();
  await writeFile(join(folder, 'tls.crt'), 'half');
  await round(2);
  expect(onChange).not.toHaveBeenCalled();
  await make();
  await round(3);
  expect(onChange).toHaveBeenCalledExactlyOnceWith(await readCertificate(folder));
  stop.abort();
  await following;
});
