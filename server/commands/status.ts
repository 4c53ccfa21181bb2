import type { RemoteState } from '../gateways/remote-state.ts';
import { answer, send } from './answer.ts';
import type { CommandScope } from './command.ts';
import { paintOf } from './for-terminal.ts';
import { Screen } from './screen.ts';
import { changedLines, statusLines, timeless } from './status-lines.ts';
import { leftIs, stopOf } from './stop.ts';
import { json, textCommand } from './text-command.ts';
import { oneRemote, type Usage } from './usage.ts';
import { remoteIn } from './words.ts';

const watching = 'shows it whenever it changes, for an hour, until you leave or type q';

const usage: Usage = {
  name: 'status',
  summary: 'shows what runs, ready pods, drift, and what is under way',
  example: 'default/hello',
  takes: oneRemote,
  words: 1,
  options: {
    '-w': { about: watching },
    '--watch': { about: 'the same' },
    '--json': { about: 'as a JSON object; with -w as one for each change' },
  },
  about: [
    'Shows which release of a Remote runs, how many pods of its workloads are ready, whether somebody else has changed them',
    '(drift), and which deploys are under way or wait. With -w a terminal (ssh -t) is drawn again, and a pipe gets the lines',
    'that have changed.',
  ],
  exitCodes: { 0: 'shown' },
};

/** `ssh … status`: what runs, and what is being done to it. */
export const status = textCommand(usage, async ({ options, rest }, scope) => {
  const { principal, channel, lineEnd, backend } = scope;
  const name = remoteIn(rest[0], usage);
  const isJson = options.has('--json');
  if (options.has('-w') || options.has('--watch')) return watch(name, isJson, scope);
  const state = await backend.deploys.status(name, principal);
  answer(channel, isJson ? [json(state)] : statusLines(state, paintOf(scope)), lineEnd);
});

async function watch(name: ReturnType<typeof remoteIn>, isJson: boolean, scope: CommandScope): Promise<void> {
  const { principal, channel, left, unreadMs, lineEnd, terminal, backend } = scope;
  const signal = stopOf(channel, lineEnd, left, ['q']);
  const screen = terminal?.isScreen && !isJson ? new Screen(terminal) : undefined;
  const onRedraw = (redraw: () => void) => {
    if (!screen) return;
    terminal?.onResize(() => {
      screen.resized();
      redraw();
    });
  };
  const states = await backend.states.watch(name, principal, onRedraw, signal);
  const texts = screen ? drawn(states, screen, scope) : inLines(states, isJson, scope);
  const isRead = await send(channel, texts, { left: signal, unreadMs }).catch(leftIs(signal));
  if (!isRead && !signal.aborted) return void channel.close();
  if (left.aborted) return void channel.close();
  if (!signal.aborted) channel.stderr.write(`gitkube: watched for an hour, which is the limit${lineEnd}`);
  answer(channel, [], lineEnd);
}

async function* drawn(states: AsyncIterable<RemoteState>, screen: Screen, scope: CommandScope): AsyncGenerator<string> {
  const paint = paintOf(scope);
  for await (const state of states) {
    const text = screen.draw(statusLines(state, paint));
    if (text !== '') yield text;
  }
}

/** All of the first state, and of each other one what is another one than before. */
async function* inLines(
  states: AsyncIterable<RemoteState>,
  isJson: boolean,
  scope: CommandScope,
): AsyncGenerator<string> {
  const paint = paintOf(scope);
  let before: RemoteState | undefined;
  for await (const state of states) {
    const isSame = before && json(timeless(before)) === json(timeless(state));
    const lines = before ? changedLines(before, state, paint) : statusLines(state, paint);
    before = state;
    if (isSame) continue;
    yield (isJson ? [json(state)] : lines).map((line) => `${line}${scope.lineEnd}`).join('');
  }
}
