import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Account } from '../support/account.ts';
import { Gitkube } from '../support/gitkube.ts';
import { mustKubectl, TestNamespace } from '../support/kubectl.ts';

let namespace: TestNamespace;
let account: Account;

beforeAll(async () => {
  namespace = await TestNamespace.create('host-key');
  account = await Account.create(namespace.name);
});
afterAll(async () => {
  await account[Symbol.asyncDispose]();
  await namespace[Symbol.asyncDispose]();
});

const secretOf = (name: string) => ({ GITKUBE_HOST_KEY_SECRET: `${namespace.name}/${name}` });

function hostKey(gitkube: Gitkube): string | undefined {
  return gitkube.log.findLast((line) => line.includes('"msg":"ready"'))?.match(/"hostKey":"([^"]+)"/)?.[1];
}

describe('a host key in a Secret', () => {
  it('is one for two servers that start at the same moment, and for one that starts on an empty volume', async () => {
    const starting = [Gitkube.start(secretOf('shared')), Gitkube.start(secretOf('shared'))];
    await using first = await (starting[0] as Promise<Gitkube>);
    await using second = await (starting[1] as Promise<Gitkube>);
    await using third = await Gitkube.start(secretOf('shared'));
    expect(hostKey(first)).toMatch(/^SHA256:/);
    expect([hostKey(second), hostKey(third)]).toEqual([hostKey(first), hostKey(first)]);
  });

  it('is after an upgrade what the data folder had', async () => {
    await using gitkube = await Gitkube.start();
    const before = hostKey(gitkube);
    await gitkube.stop();
    await gitkube.start(secretOf('upgraded'));
    expect(hostKey(gitkube)).toBe(before);
    const held = await mustKubectl(['-n', namespace.name, 'get', 'secret', 'upgraded', '-o', 'jsonpath={.data}']);
    expect(Object.keys(JSON.parse(held) as object).sort()).toEqual([
      'ssh_host_ed25519_key',
      'ssh_host_ed25519_key.pub',
    ]);
  });

  it('needs two rights: a server without them ends and names the one that is missing', async () => {
    const env = { ...secretOf('forbidden'), GITKUBE_KUBECONFIG: account.kubeconfig };
    const where = `in namespace ${namespace.name}`;
    await expect(Gitkube.start(env)).rejects.toThrow(`gitkube may not get secrets ${where}`);
    await account.allow(namespace.name, [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }]);
    await expect(Gitkube.start(env)).rejects.toThrow(`gitkube may not create secrets ${where}`);
  });
});
