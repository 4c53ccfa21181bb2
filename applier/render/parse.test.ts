import { describe, expect, it } from 'vitest';
import { parseAll } from './parse.ts';

const never = new AbortController().signal;
const large = `text: "${'x'.repeat(200_000)}"\n`;

describe('texts', () => {
  it('are read in their order, large ones on a thread of their own', async () => {
    const small = { text: 'a: 1\n', origin: 'a.yaml' };
    expect(await parseAll([small, { text: '', origin: 'b.yaml' }], never)).toEqual([[{ a: 1 }], []]);
    const [first, second] = await parseAll([{ text: large, origin: 'b.yaml' }, small], never);
    expect(first).toEqual([{ text: 'x'.repeat(200_000) }]);
    expect(second).toEqual([{ a: 1 }]);
  });

  it('that cannot be read are refused by name on that thread, too', async () => {
    const texts = [
      { text: large, origin: 'a.yaml' },
      { text: 'b: [', origin: 'b.yaml' },
    ];
    await expect(parseAll(texts, never)).rejects.toThrow(/^b\.yaml:1:5 cannot be read as YAML: /);
  });

  it('are no longer read once the push has ended', async () => {
    const ended = new AbortController();
    const reading = parseAll([{ text: large, origin: 'a.yaml' }], ended.signal);
    ended.abort(new Error('gone'));
    await expect(reading).rejects.toThrow('gone');
  });
});
