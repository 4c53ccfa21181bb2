import { describe, expect, it } from 'vitest';
import { colors } from '../../base/paint.ts';
import { FakeTerminal } from './testing/fake-terminal.ts';
import { typeCommand } from './testing/type-command.ts';

const deploy = {
  remote: 'ns/app',
  at: '2026-01-02T03:04:05.678Z',
  commit: 'c0ffee0123456789',
  by: { name: 'ada' },
  seconds: 1.2,
};
const records = [
  { ...deploy, id: 'd3', verdict: { result: 'running', phase: 'build' }, seconds: undefined },
  { ...deploy, id: 'd2', verdict: { result: 'failed', reason: 'BuildFailed' } },
  { ...deploy, id: 'd1', verdict: { result: 'released', release: 1 } },
];

const said = [
  { kind: 'stage', text: 'Gitkube: ns/app' },
  { kind: 'said', text: 'www: warning: one replica' },
  { kind: 'error', text: 'www: does not start' },
  { kind: 'hint', text: 'push again' },
  { kind: 'stage', text: 'Released releases/2: main 1234567 runs' },
];

async function* of<T>(...all: readonly T[]) {
  yield* all;
}

const backend = {
  deploys: {
    all: async () => records,
    read: async () => ({ output: of(said), record: async () => ({ verdict: { result: 'released' } }) }),
  },
  logs: { read: async () => of('[www-1/app] [not a pod] up', '--- www-1/app: started') },
};

function on(terminal: FakeTerminal | undefined, line: string) {
  return typeCommand(line, backend, terminal ? '\r\n' : '\n', undefined, terminal);
}

describe('a terminal', () => {
  it('gets the verdict of each deploy in a color of its own, in columns as wide as without', async () => {
    const { out } = await on(new FakeTerminal(), 'deploys');
    const { warning, bad, good, quiet } = colors;
    expect(out.split('\r\n')).toEqual([
      `${quiet('ID')}   ${quiet('BEGAN')}                  ${quiet('COMMIT')}    ${quiet('BY')}    ${quiet('VERDICT')}               ${quiet('TOOK')}`,
      `d3   2026-01-02T03:04:05Z   c0ffee0   ada   ${warning('running: build')}        -`,
      `d2   2026-01-02T03:04:05Z   c0ffee0   ada   ${bad('failed: BuildFailed')}   1.2 s`,
      `d1   2026-01-02T03:04:05Z   c0ffee0   ada   ${good('releases/1')}            1.2 s`,
      '',
    ]);
  });

  it('gets each row of a table in one of its own', async () => {
    const { out } = await on(new FakeTerminal({ columns: 40, hasColors: false }), 'deploys');
    expect(out).toContain('d2   2026-01-02T03:04:05Z   c0ffee0   a…\r\n');
  });

  it('gets what a deploy says as git colors a push', async () => {
    const { out } = await on(new FakeTerminal(), 'output');
    const { warning, bad, good } = colors;
    expect(out.split('\r\n')).toEqual([
      'Gitkube: ns/app',
      `  www: ${warning('warning')}: one replica`,
      `${bad('error')}: www: does not start`,
      `${warning('hint')}: push again`,
      `${good('Released releases/2')}: main 1234567 runs`,
      '',
    ]);
  });

  it('gets the pod of each line of a log in its color', async () => {
    const { out } = await on(new FakeTerminal(), 'logs');
    const [line, note] = out.split('\r\n');
    expect(line).toBe(`${colors.name('[www-1/app]')} [not a pod] up`);
    expect(note).toBe(colors.quiet('--- www-1/app: started'));
  });
});

it.each(['deploys', 'output', 'logs'])(
  '%s gives no color to a pipe, nor to a terminal whose owner wants none',
  async (line) => {
    for (const terminal of [undefined, new FakeTerminal({ hasColors: false })]) {
      expect((await on(terminal, line)).out).not.toContain('\u001b');
    }
  },
);
