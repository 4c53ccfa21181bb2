import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { fileIn, textOfBytes } from '../../base/byte-string.ts';
import { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import { isFields } from '../objects/objects.ts';
import type { ExportedTree } from './export-tree.ts';

/** How deep a schema may be; nobody writes one of a hundred levels. */
const maxDepth = 200;

/**
 * helm loads whatever the schema of a chart's values refers to, a file of the server or an address of its network, and
 * says what in it does not fit. So a schema may refer to itself only.
 * @returns the archives among the charts: nobody has looked at the schemas in them
 * @throws ManifestsInvalid
 */
export async function checkSchemas({ folder, files, topPath }: ExportedTree): Promise<string[]> {
  for (const name of files.filter((file) => posix.basename(file) === 'values.schema.json')) {
    const origin = posix.join(topPath, plain(textOfBytes(name), 300));
    const reference = foreignReference(await readSchema(fileIn(folder, name), origin), 0);
    if (reference === undefined) continue;
    throw new GitkubeError(
      'ManifestsInvalid',
      `${origin} refers to ${plain(reference, 200)}, and a schema can refer to itself only`,
      { hint: 'put a copy of it into $defs, and refer to that: {"$ref": "#/$defs/…"}' },
    );
  }
  return files.filter((file) => /\.tgz$/i.test(file)).map((file) => posix.join(topPath, plain(textOfBytes(file), 300)));
}

async function readSchema(path: Buffer, origin: string): Promise<unknown> {
  try {
    return JSON.parse((await readFile(path, 'utf8')).replace(/^\ufeff/, ''));
  } catch (cause) {
    throw new GitkubeError('ManifestsInvalid', `${origin} is no JSON`, { cause });
  }
}

const references = new Set(['$ref', '$dynamicRef', '$recursiveRef']);

function foreignReference(value: unknown, depth: number): string | undefined {
  if (depth > maxDepth) return 'too many levels';
  if (Array.isArray(value)) return first(value, (one) => foreignReference(one, depth + 1));
  if (!isFields(value)) return undefined;
  return first(Object.entries(value), ([key, below]) => {
    if (typeof below !== 'string') return foreignReference(below, depth + 1);
    if (references.has(key)) return below.startsWith('#') ? undefined : below;
    // The drafts themselves come with helm.
    return key === '$schema' && !/^https?:\/\/json-schema\.org\//.test(below) ? below : undefined;
  });
}

function first<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
