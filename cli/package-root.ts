import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder with package.json and hooks/, whether the sources run or what is bundled of them in dist/. */
export function packageRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
}
