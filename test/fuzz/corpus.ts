import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Parser } from './parsers.ts';

const fileOf = (name: string) => join(import.meta.dirname, '../corpus', `${name}.json`);

/** What was found to lead a parser through something new; each byte is a letter of Latin-1, so that one can read it. */
export function readCorpus({ name }: Pick<Parser, 'name'>): Buffer[] {
  const file = fileOf(name);
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as string[]) : [];
  return kept.map((text) => Buffer.from(text, 'latin1'));
}

export async function writeCorpus({ name }: Pick<Parser, 'name'>, inputs: readonly Buffer[]): Promise<void> {
  const kept = inputs.map((input) => input.toString('latin1')).sort();
  await writeFile(fileOf(name), `${JSON.stringify([...new Set(kept)], undefined, 2)}\n`);
}
