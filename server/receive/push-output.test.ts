import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { PushOutput } from './push-output.ts';

/** A hook of git, whose client reads or does not. */
class Hook extends EventEmitter {
  text = '';
  writableNeedDrain = false;

  write(text: string): boolean {
    this.text += text;
    return !this.writableNeedDrain;
  }

  stops(): void {
    this.writableNeedDrain = true;
  }

  reads(): void {
    this.writableNeedDrain = false;
    this.emit('drain');
  }
}

function pushOutput() {
  const [pre, proc] = [new Hook(), new Hook()];
  const output = new PushOutput(pre);
  const say = (text: string) => output.read({ kind: 'stage', text });
  return { pre, proc, output, say };
}

it('the output of a push loses no line between the hooks of git: those of a joined deploy come at any time', () => {
  const { pre, proc, output, say } = pushOutput();
  say('one');
  output.hold();
  say('two');
  say('three');
  output.continueOn(proc);
  say('four');
  expect(pre.text).toBe('one\n');
  expect(proc.text).toBe('two\nthree\nfour\n');
});

it('what a client does not read yet waits, and comes in its order', () => {
  const { pre, say } = pushOutput();
  say('one');
  pre.stops();
  say('two');
  say('three');
  expect(pre.text).toBe('one\n');
  pre.reads();
  say('four');
  expect(pre.text).toBe('one\ntwo\nthree\nfour\n');
});

it('of an output that is longer than what may wait, a slow client gets the beginning, the end, and how much is left out', () => {
  const { pre, say } = pushOutput();
  pre.stops();
  for (let n = 1; n <= 100_000; n++) say(`line ${n}`);
  pre.reads();
  expect(pre.text.length).toBeLessThan(300_000);
  expect(pre.text).toMatch(/^line 1\nline 2\n[\s\S]*\nline 99999\nline 100000\n$/);
  const kept = pre.text.match(/^line \d+$/gm)?.length ?? 0;
  expect(pre.text).toContain(`\n… ${100_000 - kept} lines left out …\n`);
  say('more');
  expect(pre.text.match(/left out/g)).toHaveLength(1);
});

it('what waits when a hook ends is written to that hook, and nothing comes after its end', () => {
  const { pre, proc, output, say } = pushOutput();
  pre.stops();
  say('one');
  output.hold();
  expect(pre.text).toBe('one\n');
  output.continueOn(proc);
  pre.reads();
  proc.stops();
  say('two');
  output.end();
  say('three');
  proc.reads();
  expect([pre.text, proc.text]).toEqual(['one\n', 'two\n']);
});
