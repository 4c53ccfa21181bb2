import { expect, it } from 'vitest';
import { PushOutput } from './push-output.ts';

it('the output of a push loses no line between the hooks of git: those of a joined deploy come at any time', () => {
  const said: string[] = [];
  const output = new PushOutput((text) => said.push(`pre: ${text}`));
  const say = (text: string) => output.read({ kind: 'stage', text });
  say('one');
  output.hold();
  say('two');
  say('three');
  output.continueOn((text) => said.push(`proc: ${text}`));
  say('four');
  expect(said).toEqual(['pre: one\n', 'proc: two\n', 'proc: three\n', 'proc: four\n']);
});
