import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { CheckedOut } from './checkout.ts';

const maxArchiveBytes = 64 * 1024 ** 2;

/** What the templates of a chart and of its dependencies ask for. */
export interface ChartTexts {
  /** They look up objects of the cluster, or may do so. */
  readonly lookup: boolean;
  /** Templates that name the revision of the release, relative to the folder of the chart. */
  readonly revision: readonly string[];
}

/** Looks through the templates, and through archives among the dependencies. */
export async function readChartTexts({ folder, files }: CheckedOut): Promise<ChartTexts> {
  const wanted = files.filter((name) => /(^|\/)templates\//.test(name) || /\.tgz$/i.test(name));
  const found = await Promise.all(
    wanted.map(async (name) => {
      const bytes = await readFile(join(folder, name)).catch(() => Buffer.alloc(0));
      return { name, text: /\.tgz$/i.test(name) ? await unpacked(bytes) : bytes.toString('utf8') };
    }),
  );
  return {
    lookup: found.some(({ text }) => text === undefined || /\blookup\b/.test(text)),
    revision: found.flatMap(({ name, text }) => (text?.includes('.Release.Revision') ? [name] : [])),
  };
}

/** A tar holds its files as they are. Undefined: it is too large, or none. */
async function unpacked(archive: Buffer): Promise<string | undefined> {
  const options = { maxOutputLength: maxArchiveBytes };
  return promisify(gunzip)(archive, options).then(
    (bytes) => bytes.toString('latin1'),
    () => undefined,
  );
}
