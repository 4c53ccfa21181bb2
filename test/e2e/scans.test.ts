/** Both doors, looked at by the programs with which strangers look at them. */
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stderrProgress } from '../cluster/progress.ts';
import { defaultCacheDir } from '../cluster/state.ts';
import { unpackedPackages } from '../cluster/unpacked.ts';
import { run } from '../support/command.ts';
import { HttpsDoor } from '../support/https-door.ts';

let door: HttpsDoor;
let files: string;

beforeAll(async () => {
  files = await unpackedPackages(['ssh-audit', 'sslscan'], defaultCacheDir(process.env), stderrProgress);
  door = await HttpsDoor.open();
});
afterAll(() => door[Symbol.asyncDispose]());

it('ssh-audit finds no failure, and warns of what is known', async () => {
  const env = { PATH: process.env.PATH ?? '', PYTHONPATH: join(files, 'usr/lib/python3/dist-packages') };
  const args = [join(files, 'usr/bin/ssh-audit'), '--no-colors', '--port', String(door.gitkube.port), '127.0.0.1'];
  const { code, stdout } = await run('python3', args, { env });
  expect(stdout).toContain('(key) ssh-ed25519');
  expect(stdout.split('\n').filter((line) => /\[(fail|warn)\]/.test(line))).toEqual([
    // The answer to Terrapin (CVE-2023-48795), which is newer than Debian's ssh-audit.
    expect.stringMatching(/^\(kex\) kex-strict-s-v00@openssh\.com .*\[warn\] unknown algorithm$/),
    // For clients without encrypt-then-MAC.
    expect.stringMatching(/^\(mac\) hmac-sha2-256 .*\[warn\] using encrypt-and-MAC mode$/),
  ]);
  // 2: warnings, 3: failures.
  expect(code).toBe(2);
});

it('sslscan finds TLS 1.2 and 1.3 alone, with ciphers that authenticate, and nothing that is known to be broken', async () => {
  const program = join(files, 'usr/bin/sslscan');
  const scanned = await run(program, [`127.0.0.1:${door.gitkube.gitHttpsPort}`]);
  expect(scanned.code).toBe(0);
  const stdout = stripVTControlCharacters(scanned.stdout);
  expect(stdout.match(/^\S+ +enabled$/gm)).toEqual(['TLSv1.2   enabled', 'TLSv1.3   enabled']);
  const ciphers = stdout.match(/^(Preferred|Accepted) .*$/gm) ?? [];
  expect(ciphers.length).toBeGreaterThan(4);
  expect(ciphers.filter((line) => !/(GCM-SHA|GCM_SHA|CHACHA20)/.test(line) || /ARIA|CCM/.test(line))).toEqual([]);
  expect(stdout).toContain('Session renegotiation not supported');
  expect(stdout.match(/^.*vulnerable.*$/gm)).toEqual([
    'TLSv1.3 not vulnerable to heartbleed',
    'TLSv1.2 not vulnerable to heartbleed',
  ]);
});
