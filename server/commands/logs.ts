import type { Paint } from '../../base/paint.ts';
import { plain } from '../../base/text.ts';
import type { LogsWish } from '../logs/pod-logs.ts';
import { answer, type LineEnd, send } from './answer.ts';
import { paintOf } from './for-terminal.ts';
import { secondsIn } from './seconds.ts';
import { leftIs, stopOf } from './stop.ts';
import { textCommand } from './text-command.ts';
import { oneRemote, type Usage } from './usage.ts';
import { remoteIn, type Words, wrong } from './words.ts';

/** Where neither a number nor a time is given. */
const defaultTail = 100;

const usage: Usage = {
  name: 'logs',
  summary: 'prints what the pods print',
  example: 'default/hello -f --tail 20',
  takes: oneRemote,
  words: 1,
  options: {
    '-f': { about: 'goes on with new lines, also of pods that a rollout starts, until you leave' },
    '--tail': {
      value: '<lines>',
      about: `the last lines of each container, or all (${defaultTail}; all with --since)`,
    },
    '--since': { value: '<time>', about: 'only lines of this last time: 90s, 15m, 2h, 1d' },
    '--previous': { about: 'of the containers before their last restart' },
    '-c': { value: '<container>', about: 'only containers of that name' },
  },
  about: [
    'Prints the logs of all pods of a Remote, each line with its pod and container. Lines that begin with --- are of Gitkube.',
  ],
  exitCodes: { 0: 'printed, or you left' },
};

/** `ssh … logs`: what the pods of what runs print. */
export const logs = textCommand(usage, async (words, scope) => {
  const { principal, channel, left, unreadMs, lineEnd, backend } = scope;
  const wish = wishIn(words);
  const remote = remoteIn(words.rest[0], usage);
  const signal = stopOf(channel, lineEnd, left);
  const lines = await backend.logs.read(remote, wish, principal, signal);
  const texts = shown(lines, paintOf(scope), lineEnd);
  const isRead = await send(channel, texts, { left: signal, unreadMs }).catch(leftIs(signal));
  const hasStopped = signal.aborted && !left.aborted;
  if (isRead || hasStopped) answer(channel, [], lineEnd);
  else channel.close();
});

/** @throws UsageInvalid */
function wishIn({ options }: Words): LogsWish {
  const follow = options.has('-f');
  const previous = options.has('--previous');
  if (follow && previous) throw wrong(usage, '-f and --previous do not fit: what has ended cannot be followed');
  const sinceSeconds = secondsIn(options.get('--since'), usage);
  const tailLines = countIn(options.get('--tail')) ?? (sinceSeconds === undefined ? defaultTail : undefined);
  return { follow, previous, sinceSeconds, tailLines, container: options.get('-c') };
}

function countIn(word: string | undefined): number | undefined {
  if (word === undefined) return undefined;
  if (!/^\d{1,9}$/.test(word)) throw wrong(usage, `${plain(word, 80)} is not a number of lines`);
  return Number(word);
}

async function* shown(lines: AsyncIterable<string>, paint: Paint, lineEnd: LineEnd): AsyncGenerator<string> {
  for await (const line of lines) yield painted(line, paint) + lineEnd;
}

/** Its pod, of which there may be many; what is not of a container is beside that. */
function painted(line: string, { name, quiet }: Paint): string {
  const [, pod, rest] = /^(\[[^\]]*\])(.*)$/s.exec(line) ?? [];
  if (pod !== undefined) return `${name(pod)}${rest}`;
  return line.startsWith('--- ') ? quiet(line) : line;
}
