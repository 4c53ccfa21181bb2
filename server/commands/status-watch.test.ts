import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { colors } from '../../base/paint.ts';
import type { RemoteState } from '../gateways/remote-state.ts';
import { FakeTerminal } from './testing/fake-terminal.ts';
import { typeCommand } from './testing/type-command.ts';

const first: RemoteState = {
  remote: 'ns/app',
  runs: null,
  lock: null,
  workloads: [{ kind: 'Deployment', name: 'www', ready: 1, wanted: 2 }],
  drift: null,
  database: null,
  tasks: [],
  environments: [],
  underWay: [{ id: 'd1', label: 'main 1234567 by ada', phase: 'build', seconds: 1 }],
};
const later: RemoteState = { ...first, underWay: [{ ...first.underWay[0], seconds: 9 } as never] };
const over: RemoteState = {
  ...first,
  lock: { reason: 'a freeze\u001b[2J', by: 'bob', at: '2026-01-02T03:04:05Z' },
  workloads: [{ kind: 'Deployment', name: 'www', ready: 2, wanted: 2 }],
  underWay: [],
};

/** @param end false: more would come, until the client leaves */
function watch(states: readonly RemoteState[], end = true) {
  return async (_name: unknown, _by: unknown, _onRedraw: unknown, signal: AbortSignal) => {
    return (async function* () {
      for (const state of states) yield state;
      if (!end && !signal.aborted) await once(signal, 'abort');
    })();
  };
}

const limit = 'gitkube: watched for an hour, which is the limit\n';

describe('status -w', () => {
  it.each(['status -w', 'status --watch'])('prints what has changed into a pipe: %s', async (line) => {
    const { out, err, code } = await typeCommand(line, {
      states: { watch: watch([first, later, over, { ...over, lock: null }]) },
    });
    expect(out.split('\n')).toEqual([
      'Remote:     ns/app',
      'Runs:       nothing was released yet',
      'Pods:       www: 1 of 2 ready',
      'Drift:      not compared yet',
      'Under way:  d1   main 1234567 by ada, build, for 1.0 s',
      'Locked:     by bob since 2026-01-02T03:04:05Z: a freeze',
      'Pods:       www: 2 of 2 ready',
      'Under way:  nothing',
      'Locked:     no more',
      '',
    ]);
    expect([err, code]).toEqual([limit, 0]);
  });

  it('prints an object for each change with --json', async () => {
    const { out } = await typeCommand('status -w --json', { states: { watch: watch([first, later, over]) } });
    const lines = out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([first, over]);
  });

  it('is drawn again on a terminal, in colors', async () => {
    const terminal = new FakeTerminal();
    const states = { watch: watch([first, over]) };
    const { out } = await typeCommand('status -w', { states }, '\r\n', undefined, terminal);
    expect(out).toContain(`Pods:       ${colors.warning('www: 1 of 2 ready')}\u001b[K\r\n`);
    expect(out).toContain(`\u001b[5ARemote:     ns/app\u001b[K\r\n`);
    expect(out).toContain(`Pods:       ${colors.good('www: 2 of 2 ready')}\u001b[K\r\n`);
    expect(out).toContain(colors.warning('by bob since 2026-01-02T03:04:05Z: a freeze'));
  });

  it('gives a terminal that is dumb the lines of a pipe', async () => {
    const terminal = { ...new FakeTerminal({ hasColors: false }), isScreen: false, onResize: () => {} };
    const { out } = await typeCommand('status -w', { states: { watch: watch([first]) } }, '\r\n', undefined, terminal);
    expect(out).toContain('Pods:       www: 1 of 2 ready\r\n');
    expect(out).not.toContain('\u001b');
  });

  it.each(['q', '\u0003'])('ends with %j of a terminal', async (key) => {
    const states = { watch: watch([first], false) };
    const { code, err } = await typeCommand('status -w', { states }, '\r\n', Buffer.from(key), new FakeTerminal());
    expect(code).toBe(0);
    expect(err).toBe('');
  });
});
