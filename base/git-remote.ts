/**
 * The commands that add a Remote to a git repository. Its releases get a place of their own there, `dev/releases/7`: tags
 * have no remote in their names, so those of two Remotes would be mixed up.
 * @param name what git calls the Remote: `dev`
 */
export function gitRemoteCommands(name: string, url: string): readonly (readonly string[])[] {
  return [
    ['git', 'remote', 'add', name, url],
    ['git', 'config', `remote.${name}.tagOpt`, '--no-tags'],
    ['git', 'config', '--add', `remote.${name}.fetch`, `+refs/tags/releases/*:refs/remotes/${name}/releases/*`],
  ];
}

/** The command for `deploys` or `output` of a Remote; it names the Remote, as a key may have several. */
export function askCommand(url: string, word: string): readonly string[] {
  const { hostname, port, username, pathname } = new URL(url);
  // ssh expects an IPv6 address without the brackets of a URL.
  const host = hostname.replace(/^\[|\]$/g, '');
  return ['ssh', ...(port === '' ? [] : ['-p', port]), `${username || 'git'}@${host}`, word, pathname.slice(1)];
}

/**
 * How a command over ssh begins that is not about one Remote: `ssh -p 2222 git@host status`.
 * @param urlForm how the URL of a Remote looks; as long as its address is not known it has placeholders
 */
export function askForm(urlForm: string, word: string): string {
  const [, authority = ''] = /^ssh:\/\/([^/]*)\//.exec(urlForm) ?? [];
  const isKnown = authority !== '' && URL.canParse(`ssh://${authority}/`);
  return isKnown ? askCommand(`ssh://${authority}/`, word).join(' ').trim() : `ssh -p <port> git@<host> ${word}`;
}

/** For a shell. */
export function asShell(command: readonly string[]): string {
  return command.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}
