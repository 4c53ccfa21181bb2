import { readFile } from 'node:fs/promises';
import { CORE_SCHEMA, loadAll } from 'js-yaml';
import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import type { RemoteObject } from '../../kube/index.ts';
import { parseRemote, type Remote } from '../../remote-crd/index.ts';
import { type Io, readStdin } from '../io.ts';

/** A Remote of a file, found good by the schema. */
export interface RemoteDocument {
  /** The file, and which of its documents. */
  readonly place: string;
  readonly object: RemoteObject;
  /** What it means. */
  readonly remote: Remote;
}

/** A file, or stdin for `-`. @throws FileUnusable */
export async function readText(file: string, io: Io): Promise<string> {
  if (file === '-') return readStdin(io);
  return readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    const why = { ENOENT: 'does not exist', EACCES: 'may not be read', EISDIR: 'is a folder' }[cause.code ?? ''];
    throw new GitkubeError('FileUnusable', `${file} ${why ?? `cannot be read (${cause.code})`}`, {
      hint: 'name a file that can be read, or - for stdin',
      cause,
    });
  });
}

/**
 * The Remotes of a YAML or JSON text of one or several documents. All of them are checked before any is used.
 * @param namespace of -n; a document that names another one is refused, as kubectl does
 * @throws FileUnusable, RemoteInvalid: both name the file and the document
 */
export function parseDocuments(
  text: string,
  file: string,
  namespaces: { readonly given?: string | undefined; readonly fallback: string },
): RemoteDocument[] {
  const name = file === '-' ? 'stdin' : file;
  const documents = loadDocuments(text, name);
  if (documents.length === 0) throw new GitkubeError('FileUnusable', `${name} has no Remote in it: it is empty`);
  return documents.map((document, index) => {
    const place = documents.length === 1 ? name : `${name}, document ${index + 1}`;
    try {
      return { place, ...readDocument(document, namespaces) };
    } catch (thrown) {
      throw placed(thrown, place);
    }
  });
}

/** Runs `work`; what it throws names the file and the document. */
export async function inFile<T>({ place }: RemoteDocument, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw placed(thrown, place);
  }
}

function placed(thrown: unknown, place: string): GitkubeError {
  const { reason, message, hint, evidence, cause } = asGitkubeError(thrown);
  return new GitkubeError(reason, `${place}: ${message}`, { hint, evidence, cause });
}

function loadDocuments(text: string, name: string): unknown[] {
  try {
    return loadAll(text, { schema: CORE_SCHEMA })
      .flatMap((document) => (isList(document) ? document.items : [document]))
      .filter((document) => document !== null && document !== undefined);
  } catch (cause) {
    const { message } = cause as Error;
    const [reason = '', ...excerpt] = message.split('\n');
    throw new GitkubeError('FileUnusable', `${name} is no YAML: ${plain(reason, 200)}`, { evidence: excerpt, cause });
  }
}

function isList(document: unknown): document is { items: unknown[] } {
  const { kind, items } = (document ?? {}) as { kind?: unknown; items?: unknown };
  return typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items);
}

function readDocument(
  document: unknown,
  { given, fallback }: { readonly given?: string | undefined; readonly fallback: string },
): Omit<RemoteDocument, 'place'> {
  const { apiVersion, kind, metadata, spec } = (document ?? {}) as Partial<RemoteObject>;
  if (kind !== 'Remote' || apiVersion !== 'gitkube.sh/v1alpha1') {
    if (typeof kind !== 'string') {
      throw new GitkubeError('FileUnusable', 'it holds no Kubernetes object: apiVersion and kind are missing', {
        hint: 'gitkube remote generate writes a remote.yaml',
      });
    }
    const found = `${plain(kind, 60)} of ${plain(`${apiVersion ?? 'no apiVersion'}`, 60)}`;
    throw new GitkubeError('FileUnusable', `it holds ${found}, not Remote of gitkube.sh/v1alpha1`, {
      hint: 'kubectl apply -f takes other objects',
    });
  }
  const namespace = metadata?.namespace || given || fallback;
  if (given !== undefined && namespace !== given) {
    throw new GitkubeError('UsageInvalid', `metadata.namespace is ${plain(namespace, 70)}, but -n says ${given}`);
  }
  const named = { ...metadata, namespace };
  const remote = parseRemote({ metadata: { ...named, uid: '' }, spec });
  return { remote, object: { apiVersion, kind, metadata: ownMetadata(named), spec } as RemoteObject };
}

/** What a person writes; a file that was made by `kubectl get -o yaml` has more. */
function ownMetadata(metadata: object): object {
  const own = ['name', 'namespace', 'labels', 'annotations'];
  return Object.fromEntries(Object.entries(metadata).filter(([key, value]) => own.includes(key) && value !== null));
}
