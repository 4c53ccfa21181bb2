import { expect, it } from 'vitest';
import { editRemote, inItsNamespace, namingRemote } from './edit-remote.ts';
import { askAboutRemote } from './server-hints.ts';

const remote = { namespace: 'shop', name: 'app' };

it('a hint about a Remote names that of the deploy, once', () => {
  const named = namingRemote(`set spec.branch: ${editRemote}`, remote);
  expect(named).toBe('set spec.branch: kubectl -n shop edit remote app');
  expect(namingRemote(named, remote)).toBe(named);
});

it('a command of the server, or for an object in the namespace of a Remote, names that of the deploy', () => {
  const ask = namingRemote(`type: ${askAboutRemote('status')}`, remote);
  expect(ask).toBe('type: ssh -p <port> git@<host> status shop/app');
  const create = namingRemote(`type: ${inItsNamespace} create secret generic <name>`, remote);
  expect(create).toBe('type: kubectl -n shop create secret generic <name>');
});
