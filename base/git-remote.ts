/**
 * The commands that add a Remote to a git repository. Its releases get a place of their own there, `dev/releases/7`: as
 * tags, which have no remote in their names, those of two Remotes would be mixed up.
 * @param name what git calls the Remote: `dev`
 */
export function gitRemoteCommands(name: string, url: string): readonly (readonly string[])[] {
  return [
    ['git', 'remote', 'add', name, url],
    ['git', 'config', `remote.${name}.tagOpt`, '--no-tags'],
    ['git', 'config', '--add', `remote.${name}.fetch`, `+refs/tags/releases/*:refs/remotes/${name}/releases/*`],
  ];
}

/** For a shell. */
export function asShell(command: readonly string[]): string {
  return command.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}
