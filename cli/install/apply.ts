import { GitkubeError } from '../../base/errors.ts';
import type { KubeAdmin, NamedObject } from '../../kube/index.ts';
import type { Io } from '../io.ts';

export interface ApplyAllOptions {
  readonly admin: KubeAdmin;
  readonly io: Io;
  readonly namespace: string;
  readonly dryRun: boolean;
  readonly force: boolean;
}

/**
 * Server-side apply of all objects, after the API server has taken every one of them in a dry run. Says one line each.
 * @throws what the API server refuses, with its name; ObjectChanged where somebody else has other values
 */
export async function applyAll(objects: readonly NamedObject[], options: ApplyAllOptions): Promise<void> {
  const { admin, io, namespace, dryRun, force } = options;
  const isThere = (await admin.getObject(namespaceObject(namespace))) !== undefined;
  if (dryRun && !isThere) io.note(`namespace ${namespace} is not there yet: what belongs in it is checked in default`);
  for (const object of objects) {
    const checked = await applyOne(admin, isThere ? object : elsewhere(object, namespace), { force, dryRun: true });
    if (dryRun) io.out(`${inWords(object)} ${verdict(checked.before, checked.after)} (dry run)`);
  }
  if (dryRun) return;
  for (const object of objects) {
    const { before, after } = await applyOne(admin, object, { force, dryRun: false });
    io.out(`${inWords(object)} ${verdict(before, after)}`);
  }
}

function namespaceObject(name: string): NamedObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

/** A dry run makes no namespace, so nothing could be checked in it. */
function elsewhere(object: NamedObject, namespace: string): NamedObject {
  if (object.metadata.namespace !== namespace) return object;
  return { ...object, metadata: { ...object.metadata, namespace: 'default' } };
}

async function applyOne(admin: KubeAdmin, object: NamedObject, how: { force: boolean; dryRun: boolean }) {
  const before = await admin.getObject(object);
  try {
    return { before, after: await admin.applyObject(object, how) };
  } catch (thrown) {
    if (!(thrown instanceof GitkubeError) || thrown.reason !== 'ObjectChanged') throw thrown;
    throw new GitkubeError('ObjectChanged', thrown.message, {
      evidence: thrown.evidence,
      hint: [
        'to overwrite these fields, add --force-conflicts',
        'what helm installed, helm upgrades: helm -n <namespace> upgrade gitkube <chart>',
      ],
      cause: thrown,
    });
  }
}

function verdict(before: NamedObject | undefined, after: NamedObject): string {
  if (before === undefined) return 'created';
  const version = ({ metadata }: NamedObject) => (metadata as { resourceVersion?: string }).resourceVersion;
  return version(before) === version(after) ? 'unchanged' : 'changed';
}

/** `deployment gitkube/gitkube`. */
export function inWords({ kind, metadata: { namespace, name } }: NamedObject): string {
  return `${kind.toLowerCase()} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}
