import { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import { idOfEnvironment } from '../../remote-crd/index.ts';

/** How a client names a Remote, or an environment of it. `old` is the original's `<ns>-<name>`, which can be ambiguous. */
export type RemoteName =
  | { readonly namespace: string; readonly name: string; readonly environment?: string }
  | { readonly old: string };

// RFC 1123: what Kubernetes allows as the name of a namespace and of a Remote.
const LABEL = '[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?';
const SUBDOMAIN = '[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?';
const canonical = new RegExp(`^/?(${LABEL})/(${SUBDOMAIN}?)(?:\\.git)?/?$`);
const ofEnvironment = new RegExp(`^/?(${LABEL}/${SUBDOMAIN})/([a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)/?$`);
const original = new RegExp(`^/?~/git/(${SUBDOMAIN}?)(?:\\.git)?/?$`);

/**
 * The Remote that the path of a URL names: `/<namespace>/<name>`, with or without `.git`, or the original's `~/git/<ns>-<name>`.
 * @param urlForm how a URL looks, for the hint
 * @throws RemoteUnknown
 */
export function parseRemotePath(path: string, urlForm: string): RemoteName {
  const [, namespace, name] = canonical.exec(path) ?? [];
  if (namespace && name) return { namespace, name: name.replace(/\.git$/, '') };
  const [, old] = original.exec(path) ?? [];
  if (old) return { old: old.replace(/\.git$/, '') };
  const [, remote, environment] = ofEnvironment.exec(path) ?? [];
  throw new GitkubeError('RemoteUnknown', `not the path of a Remote: ${plain(path, 80)}`, {
    hint:
      remote === undefined
        ? `the URL is ${urlForm}`
        : `leave out /${environment}: all environments of ${remote} are in its repository, and the branch that is pushed chooses`,
  });
}

/**
 * As people name a Remote, or an environment of it, in a command: as a path, or `<namespace>/<name>/<environment>`.
 * @throws RemoteUnknown
 */
export function parseRemoteWord(word: string): RemoteName {
  const [, remote = '', environment] = ofEnvironment.exec(word) ?? [];
  if (environment === undefined) return parseRemotePath(word, '');
  return { ...parseRemotePath(remote, ''), environment };
}

/** As people write it. */
export function remoteNameText(name: RemoteName): string {
  return 'old' in name ? name.old : idOfEnvironment(name);
}
