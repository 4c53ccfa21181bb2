import { describe, expect, it } from 'vitest';
import { type Remote, rights } from '../../remote-crd/index.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { KeysGateway } from '../gateways/keys-gateway.ts';
import { Access } from './access.ts';
import { type ChoiceParts, chooseRemote } from './choose-remote.ts';
import { may } from './may.ts';
import { kubernetesUser, principalIn } from './principal.ts';
import { noAudit } from './testing/no-audit.ts';
import { type Verb, verbs } from './verbs.ts';

const ada = kubernetesUser('ada');
const app = { id: 'shop/app', namespace: 'shop', name: 'app', environment: '', keys: [] } as unknown as Remote;
const remotes = {
  all: () => [app],
  byFingerprint: () => [],
  byOldName: () => undefined,
  elsewhere: () => [],
  entry: (id: string) => (id === app.id ? { remote: app } : undefined),
  judged: async () => {},
} as unknown as ChoiceParts['remotes'] & ConstructorParameters<typeof Access>[0]['remotes'] & { all: () => Remote[] };
const access = new Access({ remotes, audit: noAudit, clock: new ManualClock(), urlForm: () => 'ssh://h/' });

describe('a user of Kubernetes', () => {
  it('may do everything with a Remote that lists no key, under a name of their own', () => {
    const all = Object.keys(verbs) as Verb[];
    expect(all.filter((verb) => may(app, ada, { verb, branches: ['any'] }, 0))).toEqual(all);
    expect(principalIn(app, ada).name).toBe('kubernetes user ada');
  });

  it('has a name in which no terminal obeys anything', () => {
    expect(kubernetesUser('ada\u001b[2J\nroot').name).not.toMatch(/[\u001b\n]/);
  });

  it('reads which Remote is not served, and that one has to be named', async () => {
    const parts = { access, remotes, branches: async () => ['main'] };
    await expect(chooseRemote(parts, { namespace: 'shop', name: 'none' }, ada, 'inspect')).rejects.toThrow(
      'this server serves no Remote shop/none',
    );
    await expect(chooseRemote(parts, undefined, ada, 'inspect')).rejects.toThrow('the command needs a Remote');
    expect(await chooseRemote(parts, app, ada, 'run')).toBe(app);
  });

  it('sees all Remotes that the server serves', () => {
    const { remotes: own } = new KeysGateway({
      access,
      remotes,
      branches: async () => [],
      clock: new ManualClock(),
    }).own(ada);
    expect(own).toEqual([{ remote: 'shop/app', name: 'kubernetes user ada', may: rights }]);
  });
});
