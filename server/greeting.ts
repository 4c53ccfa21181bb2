import { asShell, gitRemoteCommands } from '../base/git-remote.ts';

/**
 * What to type in a git repository to push to a Remote: the part of the greeting that a developer copies.
 * @param urls of the Remotes; empty where the server knows none
 */
export function setupLines(urls: readonly string[]): string[] {
  const [url, ...others] = urls.filter((one) => one !== '');
  if (url === undefined) return [];
  return [
    '',
    `To add ${others.length > 0 ? 'the first one' : 'it'} to a git repository, there as dev, with its releases as dev/releases/1, …:`,
    ...gitRemoteCommands('dev', url).map((command) => `    ${asShell(command)}`),
    'To deploy, to see what ran, and to roll back to releases/1:',
    '    git push dev main',
    '    git fetch dev && git show dev/releases/1',
    '    git push dev HEAD:refs/rollback/1',
  ];
}
