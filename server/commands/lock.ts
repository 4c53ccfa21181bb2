import { plain } from '../../base/text.ts';
import { lockWords } from '../../remote-crd/index.ts';
import type { RemoteName } from '../access/remote-name.ts';
import { answer } from './answer.ts';
import { textCommand } from './text-command.ts';
import { oneRemote, type Usage } from './usage.ts';
import { remoteIn, wrong } from './words.ts';

const maxLength = 300;

const usage: Usage = {
  name: 'lock',
  summary: 'refuses deploys until the Remote is unlocked',
  example: 'default/hello release freeze until Monday',
  takes: `${oneRemote} <reason>`,
  words: Number.POSITIVE_INFINITY,
  options: {},
  about: [
    'Refuses pushes, rollbacks and everything else that deploys to a Remote, with the reason, who and since when. A deploy',
    'that has not changed anything yet is refused, too; a rollout under way ends. Each environment has a lock of its own.',
  ],
  exitCodes: { 0: 'it is locked' },
};

/** `ssh … lock`: nothing is to be deployed for now. */
export const lock = textCommand(usage, async ({ rest, tail }, { principal, channel, lineEnd, backend }) => {
  const { name, reason } = reasonIn(rest, tail);
  const { remote, lock: made } = await backend.locks.lock(name, reason, principal);
  answer(channel, [plain(`${remote} is ${lockWords(made)}`)], lineEnd);
});

/**
 * The quotes around a reason are for the shell of the client: one that needs none has none left.
 * @param text all of the words, with the white space between them
 * @throws UsageInvalid
 */
function reasonIn([first = '']: readonly string[], text: string): { name: RemoteName | undefined; reason: string } {
  const isRemote = first.includes('/');
  const reason = (isRemote ? text.slice(first.length) : text)
    .trim()
    .replace(/^(["'])(.*)\1$/s, '$2')
    .trim();
  if (reason === '') throw wrong(usage, 'lock needs a reason: those who push read it');
  if (reason.length > maxLength) throw wrong(usage, `a reason has ${maxLength} characters at most`);
  return {
    name: isRemote ? remoteIn(first, usage) : undefined,
    reason: plain(reason.replace(/[\r\n]+/g, ' '), maxLength),
  };
}
