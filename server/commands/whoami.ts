import { table } from '../../base/table.ts';
import { plain } from '../../base/text.ts';
import { rightsWords } from '../../remote-crd/index.ts';
import type { OwnKey } from '../gateways/keys-gateway.ts';
import { answer } from './answer.ts';
import { fitted } from './for-terminal.ts';
import { json, textCommand } from './text-command.ts';
import type { Usage } from './usage.ts';

const usage: Usage = {
  name: 'whoami',
  summary: 'shows your key, your Remotes, and what you may do with each',
  example: '',
  takes: '',
  words: 0,
  options: { '--json': { about: 'as a JSON object' } },
  about: [
    'Shows the comment and the fingerprint of your key, the Remotes that list it, and what it may do with each: read what',
    'runs, deploy, or operate (roll back, cancel, lock, env, run); and on which branches, where it may not on all.',
  ],
  exitCodes: { 0: 'shown' },
};

/** `ssh … whoami` */
export const whoami = textCommand(usage, async ({ options }, scope) => {
  const { principal, channel, lineEnd, backend } = scope;
  const own = backend.keys.own(principal);
  const none = principal.isTrusted ? 'This server serves no Remote.' : 'No Remote lists this key.';
  answer(channel, options.has('--json') ? [json(own)] : fitted(lines(own, none), scope), lineEnd);
});

/** @param none what is said where there is no Remote */
function lines({ name, fingerprint, remotes }: OwnKey, none: string): string[] {
  const rows = remotes.map((one) => [one.remote, one.name, one.problem ?? rightsWords(one)]);
  return [
    plain(`You are ${name} (${fingerprint}).`),
    ...(rows.length === 0 ? [none] : table(['REMOTE', 'KEY', 'MAY'], rows)),
  ];
}
