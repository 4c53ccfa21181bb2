import { describe, expect, it } from 'vitest';
import { proseOf } from './prose.ts';

describe('what people read of a file', () => {
  it('is the comments and the strings of a program, with their lines, and not its names', () => {
    const program = [
      'interface Shown { /** Why. */ readonly shown: string }',
      '/** What it is.',
      ' * And why. */',
      "const shown: Shown = { shown: 'a message' };",
      `const more = \`is $\{shown.shown} so\`; // a word`,
      "const pattern = /it's/;",
    ].join('\n');
    expect(proseOf('x.ts', program)).toEqual([
      { line: 1, text: '/** Why. */' },
      { line: 2, text: '* What it is.  And why. ' },
      { line: 5, text: ' a word' },
      { line: 4, text: 'a message' },
      { line: 5, text: 'is ' },
      { line: 5, text: ' so' },
    ]);
  });

  it('is every line of anything else', () => {
    expect(proseOf('x.md', 'one\ntwo')).toEqual([
      { line: 1, text: 'one' },
      { line: 2, text: 'two' },
    ]);
  });
});
