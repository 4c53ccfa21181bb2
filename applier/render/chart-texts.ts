import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { ByteString } from '../../base/byte-string.ts';
import { inBatches } from '../batches.ts';
import { type ExportedTree, readIfFile } from './export-tree.ts';

const maxArchiveBytes = 64 * 1024 ** 2;

/** What the templates of a chart and of its dependencies ask for. */
export interface ChartTexts {
  /** They look up objects of the cluster, or may do so. */
  readonly lookup: boolean;
  /** Templates that name the revision of the release, relative to the folder of the chart. */
  readonly revision: readonly ByteString[];
}

/** Looks through the templates, what `tpl` may make templates of, and archives among the dependencies. */
export async function readChartTexts({ folder, files }: ExportedTree): Promise<ChartTexts> {
  const found = await inBatches(files, async (name) => {
    const bytes = await readIfFile(folder, name);
    return { name, text: isArchive(name) ? await unpacked(bytes) : bytes.toString('utf8') };
  });
  return {
    lookup: found.some(({ name, text }) => text === undefined || mayLookUp(name, text)),
    revision: found.flatMap(({ name, text }) =>
      (isTemplate(name) || isArchive(name)) && text?.includes('.Release.Revision') ? [name] : [],
    ),
  };
}

function isTemplate(name: ByteString): boolean {
  return /(^|\/)templates\//.test(name);
}

function isArchive(name: ByteString): boolean {
  return /\.tgz$/i.test(name);
}

/** Values and other files become templates by `tpl`. A README only shows what one may write. */
function mayLookUp(name: ByteString, text: string): boolean {
  if (isTemplate(name) || isArchive(name)) return /\blookup\b/.test(text);
  return !/\.md$/i.test(name) && looksUpByTpl(text);
}

/** As a template that `tpl` may make of it. */
export function looksUpByTpl(text: string): boolean {
  return /\{\{[^}]*\blookup\b/.test(text);
}

/** A tar holds its files as they are. Undefined: it is too large, or none. */
async function unpacked(archive: Buffer): Promise<string | undefined> {
  const options = { maxOutputLength: maxArchiveBytes };
  return promisify(gunzip)(archive, options).then(
    (bytes) => bytes.toString('latin1'),
    () => undefined,
  );
}
