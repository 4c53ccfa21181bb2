import { type Readable, Transform, type TransformCallback, type Writable } from 'node:stream';
import { type ByteString, textOfBytes } from '../../base/byte-string.ts';
import { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import type { ArchiveFormat, BlobContents, TreeFile } from '../../builder/index.ts';
import { alternates } from './alternates.ts';
import { type GitOptions, gitThrough } from './git-command.ts';
import { MAX_OBJECT } from './object-reader.ts';
import { treeEntries } from './tree.ts';

/** The parts of a tree that the format needs, in that format. Destroying the stream ends git. */
export function archiveTree(
  tree: string,
  format: ArchiveFormat,
  options: GitOptions,
  contents?: BlobContents,
): Readable {
  const env = contents ? { ...options.env, ...alternates(options.env, contents.objects) } : options.env;
  const how = { ...options, ...(env && { env }) };
  return gitThrough(['cat-file', '--batch'], how, (requests) => new ArchiveStream(tree, format, requests, contents));
}

/**
 * Turns the output of `git cat-file --batch` into an archive. It asks for the objects, too: for each tree, once it has
 * come, for everything that is wanted of it. So git always has the next objects to read, nothing but a tree or the
 * target of a symlink is ever in memory as a whole, and a folder comes before what is in it.
 *
 * Not by `git archive`, which leaves out and changes files as the `.gitattributes` of the commit say (export-ignore,
 * export-subst, text, eol, ident, working-tree-encoding): here a file has the bytes of its blob.
 */
class ArchiveStream extends Transform {
  readonly #format: ArchiveFormat;
  readonly #requests: Writable;
  /** What some blobs and submodules stand for. */
  readonly #contents: Partial<BlobContents>;
  readonly #asked: TreeFile[];
  /** How many of those asked for have come. */
  #done = 0;
  /** What is left of the object that is coming, with the newline behind it; undefined: its header comes next. */
  #left: { content: number; readonly size: number } | undefined;
  /** The beginning of a header, or of an object that is needed as a whole. */
  #parts: Buffer[] = [];
  #output: Buffer[] = [];

  /** @param requests git's standard input */
  constructor(tree: string, format: ArchiveFormat, requests: Writable, contents: Partial<BlobContents> = {}) {
    super();
    this.#format = format;
    this.#requests = requests;
    this.#contents = contents;
    this.#asked = [{ path: '' as ByteString, kind: 'tree', executable: false, oid: tree }];
    requests.write(`${tree}\n`);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      for (let at = 0; at < chunk.length; )
        at = this.#left ? this.#takeContent(chunk, at) : this.#takeHeader(chunk, at);
      this.#flushOutput();
      done();
    } catch (thrown) {
      done(thrown as Error);
    }
  }

  override _flush(done: TransformCallback): void {
    const whole = this.#done === this.#asked.length;
    if (whole) this.push(this.#format.end());
    done(whole ? null : failed('ended early'));
  }

  /** `<id> <type> <size>`, or `<id> missing`. */
  #takeHeader(chunk: Buffer, start: number): number {
    const end = chunk.indexOf(0x0a, start);
    this.#parts.push(chunk.subarray(start, end === -1 ? undefined : end));
    if (end === -1) return chunk.length;
    const header = this.#takeParts().toString('latin1');
    const [, type, size] = /^[0-9a-f]+ (\w+) (\d+)$/.exec(header) ?? [];
    const file = this.#file();
    if (type !== (file.kind === 'tree' ? 'tree' : 'blob')) throw failed(`found '${header}'`, file);
    this.#left = { content: Number(size), size: Number(size) };
    if (file.kind === 'blob') this.#write(this.#format.file(file, this.#left.size));
    else if (this.#left.size > (file.kind === 'tree' ? MAX_OBJECT : this.#format.maxSymlinkBytes))
      this.#format.tooLarge(file);
    return end + 1;
  }

  #takeContent(chunk: Buffer, start: number): number {
    const left = this.#left as { content: number; readonly size: number };
    const part = chunk.subarray(start, start + left.content);
    left.content -= part.length;
    if (this.#file().kind === 'blob') this.#write(part);
    else this.#parts.push(part);
    const end = start + part.length;
    // The newline behind the content ends the object.
    if (left.content > 0 || end === chunk.length) return end;
    this.#finishObject(left.size);
    return end + 1;
  }

  #finishObject(size: number): void {
    const file = this.#file();
    this.#left = undefined;
    this.#done++;
    if (file.kind === 'blob') this.#write(this.#format.behindFile(size));
    else if (file.kind === 'symlink') this.#write(this.#format.symlink(file, this.#takeParts()));
    else this.#enter(file, this.#takeParts());
    if (this.#done === this.#asked.length) this.#requests.end();
  }

  #enter(folder: TreeFile, tree: Buffer): void {
    if (folder.path !== '') this.#write(this.#format.folder(folder));
    let requests = '';
    for (const { name, ...entry } of treeEntries(tree, folder.oid.length / 2)) {
      const path = (folder.path === '' ? name : `${folder.path}/${name}`) as ByteString;
      const tree = entry.kind === 'submodule' ? this.#contents.submodules?.get(entry.oid) : undefined;
      const file: TreeFile = { ...entry, path, ...(tree !== undefined && { kind: 'tree', oid: tree }) };
      if (!this.#format.wants(file)) continue;
      if (file.kind === 'submodule') this.#write(this.#format.folder(file));
      else {
        this.#asked.push(file);
        requests += `${(file.kind === 'blob' && this.#contents.blobs?.get(file.oid)) || file.oid}\n`;
      }
    }
    if (requests !== '') this.#requests.write(requests);
  }

  #file(): TreeFile {
    const file = this.#asked[this.#done];
    if (file === undefined) throw failed('answered more than it was asked');
    return file;
  }

  #takeParts(): Buffer {
    const parts = this.#parts;
    this.#parts = [];
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }

  #write(part: Buffer): void {
    if (part.length > 0) this.#output.push(part);
  }

  #flushOutput(): void {
    if (this.#output.length > 0) this.push(Buffer.concat(this.#output));
    this.#output = [];
  }
}

function failed(how: string, file?: TreeFile): GitkubeError {
  const where = file === undefined ? '' : ` at '${plain(textOfBytes(file.path), 200)}'`;
  return new GitkubeError('GitFailed', `git cat-file ${how}${where}`);
}
