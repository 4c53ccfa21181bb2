import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { Wish } from '../access/may.ts';
import { kubernetesUser, type Principal } from '../access/principal.ts';
import { KeysGateway } from '../gateways/keys-gateway.ts';
import { typeCommand } from './testing/type-command.ts';

const mine = {
  type: 'ssh-ed25519',
  fingerprint: 'mine',
  comment: 'ada\u001b[2J@laptop',
  blob: Buffer.from('AAAAsecret'),
};
const other = { type: 'ssh-rsa', fingerprint: 'SHA256:bob', comment: '', blob: Buffer.from('AAAAsecret') };
const keyProblems = [{ line: 'MIIsecret…', problem: 'this is a private key' }];
const app = { id: 'ns/app', namespace: 'ns', name: 'app', keys: [mine, other], keyProblems };
const elsewhere = { id: 'b/c', namespace: 'b', name: 'c', error: new Error('another Gitkube serves namespace b') };

/** Runs a command line of a key that these Remotes list. */
async function run(line: string, served: readonly object[] = [app], others: readonly object[] = [], by?: Principal) {
  const asked: unknown[][] = [];
  const authorize = (name: unknown, { fingerprint }: Principal, { verb }: Wish) => {
    asked.push([name, fingerprint, verb]);
    return served[0] ?? app;
  };
  const remotes = { all: () => served, byFingerprint: () => served, elsewhere: () => others };
  const options = { access: { known: async () => {}, admit: authorize }, remotes, clock: new ManualClock() };
  const keys = new KeysGateway(options as unknown as ConstructorParameters<typeof KeysGateway>[0]);
  return { asked, ...(await typeCommand(line, { keys }, '\n', undefined, undefined, by)) };
}

describe('whoami', () => {
  it('shows the key, each Remote, and what the key may do with it', async () => {
    const { out, code } = await run('whoami', [app], [elsewhere]);
    expect(out).toBe(
      [
        'You are ada (mine).\n',
        'REMOTE   KEY          MAY\n',
        'ns/app   ada@laptop   read, deploy, operate\n',
        'b/c      -            another Gitkube serves namespace b\n',
      ].join(''),
    );
    expect(code).toBe(0);
  });

  it('says that no Remote lists the key', async () => {
    expect((await run('whoami', [])).out).toBe('You are ada (mine).\nNo Remote lists this key.\n');
    const { out } = await run('whoami', [], [], kubernetesUser('ada'));
    expect(out).toBe('You are kubernetes user ada (kubernetes:ada).\nThis server serves no Remote.\n');
  });

  it('prints all that is known as JSON', async () => {
    expect(JSON.parse((await run('whoami --json')).out)).toEqual({
      ...{ name: 'ada', fingerprint: 'mine' },
      remotes: [{ remote: 'ns/app', name: mine.comment, may: ['read', 'deploy', 'operate'] }],
    });
  });

  it('takes no Remote', async () => {
    expect(await run('whoami ns/app')).toMatchObject({ code: 2, out: '' });
  });
});

describe('keys', () => {
  it.each(['keys', 'keys ns/app'])('%s lists type, fingerprint and comment, and no part of a key', async (line) => {
    const { asked, out, code } = await run(line);
    expect(out).toBe(
      [
        'TYPE          FINGERPRINT   COMMENT              MAY\n',
        'ssh-ed25519   mine          ada@laptop (yours)   read, deploy, operate\n',
        'ssh-rsa       SHA256:bob    -                    read, deploy, operate\n',
        'an entry is not usable: this is a private key\n',
      ].join(''),
    );
    expect(asked).toMatchObject([[{ namespace: 'ns', name: 'app' }, 'mine', 'inspect']]);
    expect(code).toBe(0);
  });

  it('shows what each key may do, on which branches, and until when', async () => {
    const limits = [{ expiresAt: Date.UTC(2027, 0, 31), from: '10.0.0.0/8' }];
    const access = [{ keys: ['mine'], rights: ['deploy'], branches: ['preview/*', 'dev'] }];
    const limited = { ...app, access, keys: [mine, { ...other, limits }] };
    const { out } = await run('keys', [limited]);
    expect(out).toContain('ada@laptop (yours)   deploy preview/* and dev\n');
    expect(out).toContain(
      '-                    read, deploy, operate; expires 2027-01-31T00:00:00Z; from 10.0.0.0/8\n',
    );
    expect((await run('whoami', [limited])).out).toContain('ada@laptop   deploy preview/* and dev\n');
    expect(JSON.parse((await run('keys --json', [limited])).out).keys).toMatchObject([
      { may: ['read', 'deploy'], rules: [{ rights: ['deploy'], branches: ['preview/*', 'dev'] }] },
      { may: ['read', 'deploy', 'operate'], expires: '2027-01-31T00:00:00Z', from: '10.0.0.0/8' },
    ]);
  });

  it('prints no part of a key as JSON', async () => {
    const { out } = await run('keys --json');
    expect(JSON.parse(out)).toMatchObject({ remote: 'ns/app', keys: [{ isYours: true }, { isYours: false }] });
    expect(out).not.toContain('secret');
    expect(out).not.toContain(Buffer.from('AAAAsecret').toString('base64'));
  });
});
