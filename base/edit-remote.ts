import { anyRemote, askServer, remoteUrl } from './server-hints.ts';

interface RemoteName {
  readonly namespace: string;
  readonly name: string;
  /** Unset or empty: the one without a name. */
  readonly environment?: string;
}

/**
 * How a Remote is changed, for a hint whose author does not know which Remote it is about: `set spec.branch: ${editRemote}`.
 * The deploy that prints the hint does (`namingRemote`).
 */
export const editRemote = 'kubectl edit remote';

/** How a command for an object in the namespace of the Remote begins, for the same. */
export const inItsNamespace = 'kubectl -n <namespace>';

/** What to type to change this Remote. */
export function editCommand({ namespace, name }: RemoteName): string {
  return `kubectl -n ${namespace} edit remote ${name}`;
}

const asked = new RegExp(`${askServer('([a-z]+)')} ${anyRemote}`, 'g');

/** A hint about the Remote of a deploy. */
export function namingRemote(hint: string, remote: RemoteName): string {
  const { namespace, name, environment = '' } = remote;
  const id = `${namespace}/${name}`;
  return hint
    .replaceAll(editRemote, () => editCommand(remote))
    .replaceAll(inItsNamespace, () => `kubectl -n ${namespace}`)
    .replaceAll(remoteUrl(), () => remoteUrl({ id }))
    .replace(asked, (_, word: string) => askServer(`${word} ${id}${environment && `/${environment}`}`));
}
