import { describe, expect, it } from 'vitest';
import { Screen } from './screen.ts';
import { FakeTerminal } from './testing/fake-terminal.ts';

const row = (text: string) => `${text}\u001b[K\r\n`;
const below = '\u001b[J';

describe('a screen', () => {
  it('draws what has changed in place of what was there, and nothing where nothing has', () => {
    const screen = new Screen(new FakeTerminal());
    expect(screen.draw(['a', 'b'])).toBe(`${row('a')}${row('b')}${below}`);
    expect(screen.draw(['a', 'b'])).toBe('');
    expect(screen.draw(['c'])).toBe(`\u001b[2A${row('c')}${below}`);
    expect(screen.draw(['c', 'd'])).toBe(`\u001b[1A${row('c')}${row('d')}${below}`);
  });

  it('has each line in one row, and a row less than the terminal has', () => {
    const screen = new Screen(new FakeTerminal({ columns: 6, rows: 4 }));
    expect(screen.draw(['a', 'much longer', 'c'])).toBe(`${row('a')}${row('much …')}${row('c')}${below}`);
    expect(screen.draw(['a', 'b', 'c', 'd'])).toBe(`\u001b[3A${row('a')}${row('b')}${row('… 2 m…')}${below}`);
  });

  it('is drawn from its top once the terminal has another size', () => {
    const terminal = new FakeTerminal({ columns: 10 });
    const screen = new Screen(terminal);
    screen.draw(['a line']);
    terminal.resize({ columns: 4, rows: 24 });
    screen.resized();
    expect(screen.draw(['a line'])).toBe(`\u001b[2J\u001b[H${row('a l…')}${below}`);
  });

  it('cuts nothing for a client that does not know its size', () => {
    const screen = new Screen(new FakeTerminal({ columns: 0, rows: 0 }));
    expect(screen.draw(['x'.repeat(500)])).toBe(`${row('x'.repeat(500))}${below}`);
  });
});
