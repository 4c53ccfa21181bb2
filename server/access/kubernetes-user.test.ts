import { describe, expect, it } from 'vitest';
import type { Remote } from '../../remote-crd/index.ts';
import { KeysGateway } from '../gateways/keys-gateway.ts';
import { Access } from './access.ts';
import { type ChoiceParts, chooseRemote } from './choose-remote.ts';
import { actions, may } from './may.ts';
import { kubernetesUser, principalIn } from './principal.ts';

const ada = kubernetesUser('ada');
const app = { id: 'shop/app', namespace: 'shop', name: 'app', keys: [] } as unknown as Remote;
const remotes = {
  all: () => [app],
  byFingerprint: () => [],
  byOldName: () => undefined,
  elsewhere: () => [],
  entry: (id: string) => (id === app.id ? { remote: app } : undefined),
  judged: async () => {},
} as unknown as ChoiceParts['remotes'] & ConstructorParameters<typeof Access>[0]['remotes'] & { all: () => Remote[] };
const access = new Access({ remotes, urlForm: () => 'ssh://h/' });

describe('a user of Kubernetes', () => {
  it('may do everything with a Remote that lists no key, under a name of their own', () => {
    expect(actions.filter((action) => may(app, ada, action))).toEqual([...actions]);
    expect(principalIn(app, ada).name).toBe('kubernetes user ada');
  });

  it('has a name in which no terminal obeys anything', () => {
    expect(kubernetesUser('ada\u001b[2J\nroot').name).not.toMatch(/[\u001b\n]/);
  });

  it('reads which Remote is not served, and that one has to be named', async () => {
    const parts = { access, remotes };
    await expect(chooseRemote(parts, { namespace: 'shop', name: 'none' }, ada, 'read')).rejects.toThrow(
      'this server serves no Remote shop/none',
    );
    await expect(chooseRemote(parts, undefined, ada, 'read')).rejects.toThrow('the command needs a Remote');
    expect(await chooseRemote(parts, app, ada, 'operate')).toBe(app);
  });

  it('sees all Remotes that the server serves', () => {
    const { remotes: own } = new KeysGateway({ access, remotes }).own(ada);
    expect(own).toEqual([{ remote: 'shop/app', name: 'kubernetes user ada', may: [...actions] }]);
  });
});
