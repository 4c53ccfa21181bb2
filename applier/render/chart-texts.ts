import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { ByteString } from '../../base/byte-string.ts';
import { inBatches } from '../batches.ts';
import { type ExportedTree, readIfFile } from './export-tree.ts';

const maxArchiveBytes = 64 * 1024 ** 2;

/**
 * Whether a chart looks up objects of the cluster, or may do so: in its templates, in what `tpl` may make templates of, or
 * in archives among its dependencies.
 */
export async function looksUp({ folder, files }: ExportedTree): Promise<boolean> {
  const found = await inBatches(files, async (name) => {
    const bytes = await readIfFile(folder, name);
    const text = isArchive(name) ? await unpacked(bytes) : bytes.toString('utf8');
    return text === undefined || mayLookUp(name, text);
  });
  return found.includes(true);
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
