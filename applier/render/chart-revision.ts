import { readFile, writeFile } from 'node:fs/promises';
import { type ByteString, fileIn, textOfBytes } from '../../base/byte-string.ts';
import { plain } from '../../base/text.ts';
import type { Say } from '../types.ts';

/** `.Release.Revision`, whatever stands before it: `$`, `$root`, `.context`. */
const revisionField = /(?:\$\w*)?(?:\.[A-Za-z_]\w*)*\.Release\.Revision\b/g;
const action = /\{\{[\s\S]*?\}\}/g;

/** The template with a number for the revision of the release: `helm template` has no flag for it and always says 1. */
export function withRevision(template: string, revision: number): string {
  return template.replace(action, (inside) => inside.replace(revisionField, `(${revision})`));
}

/** @param files of the chart, which are its own copy */
export async function setRevision(
  folder: string,
  files: readonly ByteString[],
  revision: number,
  say: Say,
): Promise<void> {
  for (const name of files) {
    if (/\.tgz$/i.test(name))
      say(`${plain(textOfBytes(name), 300)}: .Release.Revision is 1 in an archive; unpack it for the true one`);
    else {
      const path = fileIn(folder, name);
      await writeFile(path, withRevision(await readFile(path, 'utf8'), revision));
    }
  }
}
