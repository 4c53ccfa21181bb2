import { plain } from '../../base/text.ts';
import { lockWords } from '../../remote-crd/index.ts';
import { answer } from './answer.ts';
import { textCommand } from './text-command.ts';
import { oneRemote, type Usage } from './usage.ts';
import { remoteIn } from './words.ts';

const usage: Usage = {
  name: 'unlock',
  summary: 'ends a lock',
  example: 'default/hello',
  takes: oneRemote,
  words: 1,
  options: {},
  about: ['Ends the lock of a Remote, also one that somebody else has set: it deploys again.'],
  exitCodes: { 0: 'it is unlocked' },
};

/** `ssh … unlock`: deploys go on. */
export const unlock = textCommand(usage, async ({ rest }, { principal, channel, lineEnd, backend }) => {
  const { remote, lock } = await backend.locks.unlock(remoteIn(rest[0], usage), principal);
  answer(channel, [plain(`${remote} is unlocked; it was ${lockWords(lock)}`)], lineEnd);
});
