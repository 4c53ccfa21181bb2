import { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';

export type Service = 'receive-pack' | 'upload-pack';

/** What a client asked for; the path is still the client's and has to be looked up. */
export interface GitCommand {
  readonly service: Service;
  readonly path: string;
}

/** How a client names a Remote. `old` is the original's `<ns>-<name>`, which can be ambiguous. */
export type RemoteName = { readonly namespace: string; readonly name: string } | { readonly old: string };

// A path has 63 + 253 characters at most, and quotes.
const MAX_COMMAND = 1024;

/**
 * `git-receive-pack '<path>'`, `git-upload-pack '<path>'`, or the forms with a blank. Nothing else is a command; there
 * is no shell behind this.
 * @throws CommandRefused; LfsUnsupported
 */
export function parseCommand(command: string): GitCommand {
  if (command.length > MAX_COMMAND) {
    throw new GitkubeError('CommandRefused', `a command of ${command.length} characters: ${plain(command, 80)}`, {
      hint: `the URL of a Remote is short; a command has ${MAX_COMMAND} characters at most`,
    });
  }
  const lfs = /^git-lfs-(?:authenticate|transfer) .* (upload|download)$/s.exec(command);
  if (lfs) throw lfsUnsupported(lfs[1] as 'upload' | 'download');
  const match = /^git[- ](receive-pack|upload-pack) (.+)$/s.exec(command);
  const path = match ? unquote(match[2] ?? '') : undefined;
  if (!match || path === undefined) {
    throw new GitkubeError('CommandRefused', `unknown command: ${plain(command, 80)}`, {
      hint: 'Gitkube takes git push, git fetch and git clone; ssh without a command shows your Remotes',
    });
  }
  return { service: match[1] as Service, path };
}

/** What the hooks and filters of Git LFS ask before they send or fetch an object. They print this and stop git. */
function lfsUnsupported(direction: 'upload' | 'download'): GitkubeError {
  const without = direction === 'upload' ? 'git push --no-verify dev main' : 'GIT_LFS_SKIP_SMUDGE=1 git clone …';
  return new GitkubeError('LfsUnsupported', 'no Git LFS objects are kept here: builds see pointer files', {
    hint: [
      `${without}   does it without the objects`,
      'git config remote.dev.lfsurl <URL of an LFS server>   sends them there, and fetches them from there',
    ],
  });
}

/** git quotes for a POSIX shell: single quotes, with `'\''` for a quote and `'\!'` for an exclamation mark. */
function unquote(word: string): string | undefined {
  if (!word.startsWith("'")) return /^[\w./~-]+$/.test(word) ? word : undefined;
  if (!/^'(?:[^']|'\\['!]')*'$/s.test(word)) return undefined;
  return word.slice(1, -1).replace(/'\\(['!])'/g, '$1');
}

// RFC 1123: what Kubernetes allows as the name of a namespace and of a Remote.
const LABEL = '[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?';
const SUBDOMAIN = '[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?';
const canonical = new RegExp(`^/?(${LABEL})/(${SUBDOMAIN}?)(?:\\.git)?/?$`);
const original = new RegExp(`^/?~/git/(${SUBDOMAIN}?)(?:\\.git)?/?$`);

/**
 * The Remote that a path names: `/<namespace>/<name>`, with or without `.git`, or the original's `~/git/<ns>-<name>`.
 * @param urlForm how a URL looks, for the hint
 * @throws RemoteUnknown
 */
export function parsePath(path: string, urlForm: string): RemoteName {
  const [, namespace, name] = canonical.exec(path) ?? [];
  if (namespace && name) return { namespace, name: name.replace(/\.git$/, '') };
  const [, old] = original.exec(path) ?? [];
  if (old) return { old: old.replace(/\.git$/, '') };
  throw new GitkubeError('RemoteUnknown', `not the path of a Remote: ${plain(path, 80)}`, {
    hint: `the URL is ${urlForm}`,
  });
}
