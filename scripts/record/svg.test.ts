import { describe, expect, it } from 'vitest';
import { type Line, record } from './session.ts';
import { drawing } from './svg.ts';

const said = (at: number, text: string): Line => ({ at, text, isCommand: false });

describe('a drawing of a session', () => {
  it('shows each line at its time, and escapes it', () => {
    const svg = drawing([{ at: 0, text: '$ git push', isCommand: true }, said(2, 'a < b && c')], 'about');
    expect(svg).toContain('>a &lt; b &amp;&amp; c</text>');
    expect(svg).toContain('@keyframes l1{0%{visibility:hidden}20.000%{visibility:visible}}');
    expect(svg).toContain('<title>about</title>');
  });

  it('breaks a line that is too long, in the color of its beginning', () => {
    const svg = drawing([said(1, `remote: error: ${'x'.repeat(120)}`)], '');
    expect(svg.match(/<text class="l l\d bad"/g)).toHaveLength(2);
  });

  it('scrolls so that the newest line is the last one', () => {
    const lines = Array.from({ length: 28 }, (_, index) => said(index, `line ${index}`));
    expect(drawing(lines, '')).toMatch(/@keyframes scroll\{0%\{transform:none\}.*translateY\(-38px\)\}\}/);
    expect(drawing(lines.slice(0, 26), '')).toContain('@keyframes scroll{0%{transform:none}}');
  });

  it('is light or dark, and stands still, as the reader wants it', () => {
    const svg = drawing([], '');
    expect(svg).toContain('prefers-color-scheme:dark');
    expect(svg).toContain('prefers-reduced-motion:reduce');
  });
});

describe('a session', () => {
  it('has what commands print on both outputs, in order', async () => {
    const lines = await record(['echo a; echo b >&2; echo c'], { cwd: '/', env: { PATH: process.env.PATH } });
    expect(lines.map(({ text }) => text)).toEqual(['$ echo a; echo b >&2; echo c', 'a', 'b', 'c']);
    const times = lines.map(({ at }) => at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });
});
