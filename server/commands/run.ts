import type { GitkubeError } from '../../base/errors.ts';
import { shellWords } from '../../base/shell-words.ts';
import { plain } from '../../base/text.ts';
import type { RunEnd, RunWish } from '../gateways/run-gateway.ts';
import { longestLine } from './command.ts';
import { endRun, runClient } from './run-client.ts';
import { secondsIn } from './seconds.ts';
import { textCommand } from './text-command.ts';
import { oneRemote, type Usage } from './usage.ts';
import { remoteIn, type Words, wrong } from './words.ts';

const defaultSeconds = 3600;
const maxSeconds = 86_400;
/** As docker run has it: 2 would be one of the command. */
const failCode = 125;

const usage: Usage = {
  name: 'run',
  summary: 'runs a command in a pod of its own, beside what runs',
  example: "default/hello web -- sh -c 'ls | wc -l'",
  takes: `${oneRemote} <container>`,
  words: 2,
  options: {
    '-t': { about: 'with a terminal, as ssh -t gives one' },
    '--timeout': { value: '<time>', about: 'ends it after that time: 90s, 15m, 2h, 1d at most (1h)' },
  },
  behind: '-- <command>',
  about: [
    'Runs a command with the image that was released last and all that the container has in its workload: environment,',
    'volumes, account. <container> is its name, or <workload>/<container>. Input, output and exit code are those of the',
    'command, and its pod is deleted when you leave. The command replaces the entrypoint of the image.',
  ],
  aboutSsh: [
    'The server splits the command into words as a shell does, after your own shell has: quote it twice. After sh -c without',
    'any quote, all words are the script.',
  ],
  exitCodes: {
    0: 'the command ended with 0; every other code may be its own, 128+n by signal n',
    124: 'its time was over',
    130: 'you typed Ctrl-C before it began',
  },
  failCode,
};

/** `ssh … run`: a command beside what runs. */
export const run = {
  ...textCommand(usage, async (words, scope) => {
    const { remote, wish } = wishIn(words, scope.terminal !== undefined);
    const client = runClient(scope);
    const end = await scope.backend.runs.run(remote, wish, scope.principal, client);
    if (end === 'client left') return void scope.channel.close();
    if (end === 'time over') client.say('ended: its time was over, --timeout gives it more');
    else if (end !== 'interrupted' && end.reason === 'OOMKilled') client.say('killed: out of memory');
    endRun(scope, codeOf(end));
  }),
  maxLength: longestLine,
};

function codeOf(end: Exclude<RunEnd, 'client left'>): number {
  if (end === 'time over') return 124;
  return end === 'interrupted' ? 130 : end.code;
}

/** @throws UsageInvalid */
function wishIn({ options, rest, behind = '' }: Words, isTerminal: boolean) {
  const [first, second] = rest;
  const container = second ?? first;
  if (container === undefined) throw wrong(usage, 'run needs a container: run <container> -- <command>');
  const command = commandIn(behind);
  if (command.length === 0) throw wrong(usage, `run needs a command: run ${plain(container, 80)} -- <command>`);
  const timeoutSeconds = secondsIn(options.get('--timeout'), usage) ?? defaultSeconds;
  if (timeoutSeconds < 1 || timeoutSeconds > maxSeconds) throw wrong(usage, '--timeout is 1s to 1d');
  const wish: RunWish = { container, command, tty: options.has('-t') || isTerminal, timeoutSeconds };
  return { remote: second === undefined ? undefined : remoteIn(first, usage), wish };
}

const script = /^((?:\S*\/)?(?:sh|bash|ash|dash))\s+(-[a-z]*c)\s+(.*)$/s;

/** A first word without quotes, and others behind it. */
const cutOff = /^([^\s'"\\]+)\s+\S/;

/**
 * ssh joins its words with spaces, so `ssh … run web -- sh -c 'exit 7'` comes without its quotes. A script of several words is
 * what is meant: to a shell, those behind the first would be its name and arguments. Where quotes of the script itself are left, nobody
 * knows where it ended.
 * @throws UsageInvalid
 */
function commandIn(text: string): string[] {
  const [, shell, option, words] = script.exec(text) ?? [];
  if (shell && option && words) {
    if (!/['"\\]/.test(text)) return [shell, option, words];
    const [, first] = cutOff.exec(words) ?? [];
    if (first) throw cut(`${shell} ${option}`, first);
  }
  const all = shellWords(text);
  if (!all) throw wrong(usage, `a quote is not closed in ${plain(text, 80)}`);
  return all;
}

function cut(shell: string, first: string): GitkubeError {
  const message = `the script after ${plain(shell, 80)} is ${plain(first, 80)} alone: the quotes around it are gone`;
  return wrong(usage, message, `quote the whole twice: run <container> -- "${plain(shell, 80)} '<script>'"`);
}
