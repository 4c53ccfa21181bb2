import { expect, it } from 'vitest';
import { OutputText } from './output-text.ts';

const stays = new AbortController().signal;

it('what a deploy says is text for its reader, from its first line to its end', async () => {
  const text = new OutputText();
  text.read({ kind: 'stage', text: 'first' });
  const pieces: string[] = [];
  const reading = (async () => {
    for await (const piece of text.until(stays)) pieces.push(piece);
  })();
  await new Promise(setImmediate);
  expect(pieces).toEqual(['first\n']);
  text.read({ kind: 'said', text: 'second' });
  text.read({ kind: 'error', text: 'third' });
  text.end();
  await reading;
  expect(pieces.join('')).toBe('first\n  second\nerror: third\n');
});

it('of what a deploy says while nobody reads, the beginning and the end are kept', async () => {
  const text = new OutputText();
  for (let line = 1; line <= 5000; line++) text.read({ kind: 'stage', text: `${line} ${'x'.repeat(200)}` });
  text.end();
  let read = '';
  for await (const piece of text.until(stays)) read += piece;
  expect(read).toMatch(/^1 x[\s\S]*\n5000 x+\n$/);
  expect(read.length).toBeLessThan(300_000);
});

it('a reader that leaves waits for nothing more', async () => {
  const text = new OutputText();
  const leaving = new AbortController();
  const reading = text.until(leaving.signal).next();
  leaving.abort();
  expect(await reading).toMatchObject({ done: true });
});
