import { describe, expect, it } from 'vitest';
import type { BuildEvent } from '../engine/build-events.ts';
import { BuildReport } from './build-report.ts';
import { maskOf } from './mask.ts';

function reporting() {
  const lines: string[] = [];
  let now = 0;
  const clock = { now: () => 0, monotonic: () => now, delay: async () => {} };
  const report = new BuildReport((line) => lines.push(line), clock);
  return {
    lines,
    report,
    pass: (ms: number) => {
      now += ms;
    },
    step: (id: string, change: Partial<Extract<BuildEvent, { kind: 'step' }>> = {}) =>
      report.take({ kind: 'step', id, name: `[${id}] RUN ${id}`, state: 'running', cached: false, ...change }),
    log: (id: string, text: string) => report.take({ kind: 'log', id, text: Buffer.from(text) }),
  };
}

describe('BuildReport', () => {
  it('shows a step once, its output below it, and how long it took when that was long', () => {
    const { lines, step, log } = reporting();
    step('1/2');
    step('1/2');
    log('1/2', 'compiling ');
    log('1/2', 'a.c\nwarning');
    step('1/2', { state: 'done', tookMs: 3200 });
    step('2/2');
    step('2/2', { state: 'done', tookMs: 20 });
    expect(lines).toEqual(['[1/2] RUN 1/2', '  compiling a.c', '  warning', '[1/2] took 3.2 s', '[2/2] RUN 2/2']);
  });

  it('hides what is to be hidden, wherever the engine cuts it, also in what a failure says again', () => {
    const lines: string[] = [];
    const clock = { now: () => 0, monotonic: () => 0, delay: async () => {} };
    const report = new BuildReport((line) => lines.push(line), clock, maskOf(new Map([['a', Buffer.from('s3cret')]])));
    const step = { kind: 'step', id: '1', name: '[1/1] RUN x s3cret', cached: false } as const;
    report.take({ ...step, state: 'running' });
    const log = (text: string) => report.take({ kind: 'log', id: '1', text: Buffer.from(text) });
    log(`${'x'.repeat(8190)}s3c`);
    log('ret\nerror: s3cret\n');
    report.take({ ...step, state: 'done', error: 'no s3cret: exit code: 1' });
    for (let line = 0; line < 30; line++) report.take({ kind: 'warning', text: 's3cret' });
    const failure = report.failure();
    // What the engine says is classified as it is, and hidden in the error that is made of it.
    expect(failure).toMatchObject({ error: 'no s3cret: exit code: 1', said: 'error: ***' });
    expect(lines).toEqual(expect.arrayContaining(['[1/1] RUN x ***', '  error: ***', 'warning: ***']));
    expect(JSON.stringify([lines, failure?.said, failure?.lines])).not.toMatch(/s3c|ret\b/);
  });

  it('hides a value in the middle of a long line, and keeps its pieces short', () => {
    const lines: string[] = [];
    const clock = { now: () => 0, monotonic: () => 0, delay: async () => {} };
    const report = new BuildReport((line) => lines.push(line), clock, maskOf(new Map([['a', Buffer.from('s3cret')]])));
    report.take({ kind: 'step', id: '1', name: '[1/1] RUN x', state: 'running', cached: false });
    const text = `error: ${'x s3cret'.repeat(40_000)}`;
    for (let at = 0; at < text.length; at += 1000) {
      report.take({ kind: 'log', id: '1', text: Buffer.from(text.slice(at, at + 1000)) });
    }
    report.take({ kind: 'log', id: '1', text: Buffer.from('\n') });
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(8300);
    expect(
      lines
        .slice(1)
        .map((line) => line.slice(2))
        .join(''),
    ).toBe(`error: ${'x ***'.repeat(40_000)}`);
  });

  it('looks once for the error in a long line, however many lines follow', () => {
    const { step, log, report } = reporting();
    step('1/1');
    log('1/1', `error ${'x'.repeat(8000)}\n`);
    const started = performance.now();
    log('1/1', 'a\n'.repeat(100_000));
    expect(performance.now() - started).toBeLessThan(5000);
    step('1/1', { state: 'done', error: 'exit code: 2' });
    expect(report.failure()?.said).toMatch(/^error x+$/);
  });

  it('measures by its own clock what the engine did not', () => {
    const { lines, step, pass } = reporting();
    step('1/1');
    pass(2000);
    step('1/1', { state: 'done' });
    expect(lines).toEqual(['[1/1] RUN 1/1', '[1/1] took 2.0 s']);
  });

  it('prints a cached step in one line', () => {
    const { lines, step } = reporting();
    step('1/1', { state: 'done', cached: true });
    expect(lines).toEqual(['[1/1] RUN 1/1  (cached)']);
  });

  it('says whose output it is when steps run side by side', () => {
    const { lines, step, log } = reporting();
    step('a 1/1');
    step('b 1/1');
    log('a 1/1', 'from a\n');
    log('b 1/1', 'from b\n');
    expect(lines.slice(2)).toEqual(['[a 1/1] …', '  from a', '[b 1/1] …', '  from b']);
  });

  it('repeats the first errors of a step that failed where they have scrolled away', () => {
    const { report, step, log } = reporting();
    step('1/1');
    log('1/1', "main.c:7:3: error: 'prot' undeclared\n");
    for (let file = 1; file <= 40; file++) log('1/1', `cc -c file${file}.c\n`);
    log('1/1', 'make: Error 2\n');
    step('1/1', { state: 'done', error: 'exit code: 2' });
    expect(report.failure()).toMatchObject({
      lines: ["main.c:7:3: error: 'prot' undeclared"],
      said: "main.c:7:3: error: 'prot' undeclared",
    });
  });

  it('leaves out internal steps of BuildKit, unless they fail', () => {
    const { lines, step } = reporting();
    step('internal', { name: '[internal] load remote build context', state: 'done', tookMs: 5000 });
    step('copy', { name: 'copy /context /', state: 'done' });
    step('resolve', { name: 'resolve image config for x', state: 'done', error: 'no such host' });
    expect(lines).toEqual(['resolve image config for x']);
  });

  it('does not repeat output of the failed step that the pusher still sees', () => {
    const { report, lines, step, log } = reporting();
    step('a 1/1');
    step('b 1/1');
    for (let n = 1; n <= 30; n++) log('b 1/1', `line ${n}\n`);
    log('b 1/1', 'no newline');
    log('a 1/1', 'unrelated\n');
    step('a 1/1', { state: 'done', error: 'context canceled' });
    step('b 1/1', { state: 'done', error: 'exit code: 2' });
    expect(report.failure()).toEqual({ step: '[b 1/1] RUN b 1/1', error: 'exit code: 2', said: undefined, lines: [] });
    expect(lines.filter((line) => line.includes('no newline'))).toEqual(['  no newline']);
  });

  it('repeats its last lines when others have printed a lot since', () => {
    const { report, step, log } = reporting();
    step('a 1/1');
    step('b 1/1');
    for (let n = 1; n <= 30; n++) log('b 1/1', `line ${n}\n`);
    for (let n = 1; n <= 30; n++) log('a 1/1', `unrelated ${n}\n`);
    step('b 1/1', { state: 'done', error: 'exit code: 2' });
    const failure = report.failure();
    expect(failure?.lines).toHaveLength(15);
    expect(failure?.lines.at(-1)).toBe('line 30');
  });

  it('prints the progress of a download now and then', () => {
    const { lines, report, step, pass } = reporting();
    step('1/1', { name: '[1/1] FROM node:24' });
    for (let second = 0; second < 12; second++) {
      pass(1000);
      report.take({ kind: 'progress', id: '1/1', name: 'sha256:a', current: second * 1e6, total: 50e6 });
      report.take({ kind: 'progress', id: '1/1', name: 'sha256:b', current: 0, total: 50e6 });
    }
    expect(lines).toEqual(['[1/1] FROM node:24', '[1/1] 4.0 MB of 100 MB', '[1/1] 9.0 MB of 100 MB']);
  });

  it('knows when a build waits for a base image alone', () => {
    const { report, step } = reporting();
    expect(report.fetches).toBeUndefined();
    step('m', { name: '[internal] load metadata for r.example/x' });
    expect(report.fetches).toBe('[internal] load metadata for r.example/x');
    step('m', { name: '[internal] load metadata for r.example/x', state: 'done' });
    step('f', { name: '[1/2] FROM r.example/x' });
    expect(report.fetches).toBe('[1/2] FROM r.example/x');
    step('r', { name: '[other 2/2] RUN make' });
    expect(report.fetches).toBeUndefined();
    step('r', { name: '[other 2/2] RUN make', state: 'done' });
    report.take({ kind: 'progress', id: 'f', name: 'extracting sha256:a', current: 0, total: 0 });
    expect(report.fetches).toBeUndefined();
  });

  it('counts the output', () => {
    const { report, step, log } = reporting();
    step('1/1');
    log('1/1', 'grün\n');
    expect(report.outputBytes).toBe(6);
  });

  it('prints a command of many lines on one', () => {
    const { lines, step } = reporting();
    step('1/1', { name: '[1/1] RUN a\n   && b' });
    expect(lines).toEqual(['[1/1] RUN a && b']);
  });
});
