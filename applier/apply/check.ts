import { isDeepStrictEqual } from 'node:util';
import { again } from '../../base/again.ts';
import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import { count, plain } from '../../base/text.ts';
import { type AnyObject, refOf } from '../../kube/index.ts';
import { type KubeDeps, retryCall } from '../../kube/retrying-kube.ts';
import { inBatches } from '../batches.ts';
import { type ForeignWork, foreignLines } from '../fields/foreign-fields.ts';
import { losesItems } from '../fields/leaving-fields.ts';
import { comparableFields, nameOf } from '../objects/objects.ts';
import { type Ownership, ownerOf, refuseForeign, takeoverLine } from '../objects/ownership.ts';
import type { Describe, Say } from '../types.ts';
import { isReplaced } from './replace.ts';
import { isGoodAlone } from './try-alone.ts';

interface CheckWork {
  readonly as: string;
  readonly signal: AbortSignal;
  readonly say: Say;
  /** Whether its manifest is what it was at the last release. */
  readonly isSame: (object: AnyObject) => boolean;
  /** The file that it comes from. */
  readonly originOf: (object: AnyObject) => string | undefined;
  /** What is wrong with other objects of the same manifests. */
  readonly refused: readonly GitkubeError[];
  /** Unset: nobody asks what would change of an object. */
  readonly describe?: Describe | undefined;
}

export interface CheckedObject {
  /** As it would be applied now. */
  readonly object: AnyObject;
  /** `later`: it needs something of the same push, so it can only be applied. */
  readonly would: 'create' | 'change' | 'keep' | 'later' | 'replace';
  readonly exists: boolean;
  /** What would change of it, in lines; empty where nobody asks. */
  readonly changes: readonly string[];
}

/** What objects are now is held in memory, and on disk until the release is out. */
const maxLiveBytes = 32 * 1024 ** 2;

/**
 * A dry run of every object as the account: access, admission and validation have their say before anything is built.
 * @param toObject makes what is applied of an object and of what there is now
 * @throws ManifestsRefused naming everything that is refused
 */
export async function check(
  deps: KubeDeps,
  objects: readonly AnyObject[],
  ownership: Ownership,
  toObject: (object: AnyObject, live: AnyObject | undefined) => AnyObject,
  work: CheckWork,
): Promise<CheckedObject[]> {
  const { as, signal, say } = work;
  const { namespace } = ownership.remote;
  let room = maxLiveBytes;
  const found = await inBatches(objects, async (object) => {
    const one = await look(deps, object, as, signal);
    if (one.live) room -= JSON.stringify(one.live).length;
    if (room < 0) throw tooMuch();
    return one;
  });
  const absent = new Set(objects.filter((_, index) => !found[index]?.live).map(({ metadata }) => metadata.name));
  const refused = [...work.refused];
  const checked = await inBatches(objects, async (object, index): Promise<CheckedObject> => {
    const { live, unseen } = found[index] ?? {};
    const wanted = toObject(object, live);
    try {
      if (live?.metadata.deletionTimestamp) throw beingDeleted(object);
      refuseForeign(live, ownership);
      const isOurs = live !== undefined && ownerOf(live, ownership).kind === 'this';
      const { would, tried } = await tryOut(deps, wanted, live, work, { isOurs, isSame: work.isSame(object) });
      if (unseen) throw unseen;
      if (isElsewhere(object, namespace)) throw elsewhere(object, namespace);
      const takeover = live && takeoverLine(live, ownership);
      if (takeover) say(takeover);
      const changes = live && tried && would === 'change' ? (work.describe?.(live, tried) ?? []) : [];
      return { object: wanted, exists: live !== undefined, would, changes };
    } catch (thrown) {
      const error = located(refusal(thrown), work.originOf(object));
      if (isElsewhere(object, namespace))
        refused.push(located(elsewhere(object, namespace, error), work.originOf(object)));
      else if (unseen || !needs(error, absent)) refused.push(error);
      return { object: wanted, exists: live !== undefined, would: 'later', changes: [] };
    }
  });
  if (refused.length > 0) throw folded(refused);
  return checked;
}

function tooMuch(): GitkubeError {
  return new GitkubeError(
    'ManifestsInvalid',
    `the objects of these manifests take more than ${maxLiveBytes / 1024 ** 2} MiB in the cluster`,
    { hint: 'apply large objects that seldom change by hand' },
  );
}

interface Found {
  readonly live?: AnyObject | undefined;
  /** The account may not even read it; the refusal when it applies it says more. */
  readonly unseen?: GitkubeError;
}

async function look(deps: KubeDeps, object: AnyObject, as: string, signal: AbortSignal): Promise<Found> {
  try {
    return { live: await retryCall(deps, () => deps.kube.getObject(refOf(object), { as }), signal) };
  } catch (thrown) {
    return { unseen: refusal(thrown) };
  }
}

/** Anything else that went wrong says nothing about the object. */
function refusal(thrown: unknown): GitkubeError {
  const error = asGitkubeError(thrown);
  if (error.reason !== 'ManifestsRefused') throw error;
  return error;
}

/** With the file first, as compilers write it: the object may stand in any. */
function located({ reason, message, hint, evidence }: GitkubeError, origin: string | undefined): GitkubeError {
  return new GitkubeError(reason, origin === undefined ? message : `${origin}: ${message}`, { hint, evidence });
}

function isElsewhere({ metadata }: AnyObject, namespace: string): boolean {
  return metadata.namespace !== undefined && metadata.namespace !== namespace;
}

/**
 * The account may have rights there, too; a Remote deploys to its own namespace all the same.
 * @param refused what else is wrong with it; that the account may do nothing there is no news
 */
function elsewhere(object: AnyObject, namespace: string, refused?: GitkubeError): GitkubeError {
  const there = plain(object.metadata.namespace ?? '', 63);
  const isNews = refused !== undefined && !/ may not \S+ \S+ in namespace /.test(refused.message);
  return new GitkubeError(
    'ManifestsRefused',
    `${nameOf(refOf(object))} sets namespace ${there}, but this Remote deploys to ${namespace}`,
    {
      hint: `remove metadata.namespace, and Gitkube applies ${nameOf(refOf(object))} in ${namespace}; if it belongs in ${there}, apply it with kubectl instead`,
      evidence: isNews ? [refused.message] : [],
    },
  );
}

async function tryOut(
  deps: KubeDeps,
  wanted: AnyObject,
  live: AnyObject | undefined,
  { as, signal, say }: CheckWork,
  foreign: ForeignWork,
): Promise<{ readonly would: CheckedObject['would']; readonly tried?: AnyObject }> {
  // Its CRD is an object of this push: without it there is nobody to ask.
  if (!(await deps.kube.resourceKind(wanted.apiVersion, wanted.kind))) return { would: 'later' };
  const trying = retryCall(deps, () => deps.kube.applyObject(wanted, { as, dryRun: true }), signal);
  const tried = await trying.catch(async (thrown: unknown) => {
    const error = asGitkubeError(thrown);
    if (live && isReplaced(wanted, error)) return 'replace';
    if (live && (await isGoodAlone(deps, wanted, live, error, { as, signal, isOurs: foreign.isOurs }))) return 'change';
    throw thrown;
  });
  if (tried === 'replace') {
    await retryCall(deps, () => deps.kube.deleteObject(refOf(wanted), { as, dryRun: true }), signal);
  }
  if (tried === 'replace' || tried === 'change') return { would: tried };
  for (const warning of tried.warnings) say(`${nameOf(refOf(wanted))}: ${plain(warning, 500)}`);
  if (!live) return { would: 'create' };
  for (const line of foreignLines(live, tried.object, foreign)) say(line);
  const leaves = losesItems(live, tried.object, foreign.isOurs);
  const isKept = !leaves && isDeepStrictEqual(comparableFields(live), comparableFields(tried.object));
  return { would: isKept ? 'keep' : 'change', tried: tried.object };
}

/** Refused for want of something that this push makes, a Role or a ServiceAccount; or by a webhook that tries nothing out. */
function needs(error: GitkubeError, absent: ReadonlySet<string>): boolean {
  if (/admission webhook \S+ does not support dry run/.test(error.message)) return true;
  const name = /"([^"]+)" not found/.exec(error.message)?.[1];
  return name !== undefined && absent.has(name);
}

function beingDeleted(object: AnyObject): GitkubeError {
  const { namespace } = object.metadata;
  const where = namespace === undefined ? '' : ` -n ${namespace}`;
  return new GitkubeError('ManifestsRefused', `${nameOf(refOf(object))} is being deleted`, {
    hint: `${again} when it is gone; to see it, type: kubectl${where} get ${object.kind.toLowerCase()} ${object.metadata.name}`,
  });
}

const maxHints = 8;

/** Each with the object that it is about, unless it is one for several or a command. */
function hintsOf(error: GitkubeError, _: number, all: readonly GitkubeError[]): readonly string[] {
  const [object] = /\b[A-Z]\w*\/[^\s:]+/.exec(error.message) ?? [];
  const isShared = (hint: string) => all.filter((one) => one.hint.includes(hint)).length > 1;
  const isPlain = (hint: string) => object === undefined || isShared(hint) || hint.startsWith('kubectl ');
  return error.hint.map((hint) => (isPlain(hint) ? hint : `${object}: ${hint}`));
}

/** One error that names all; a hint that several share is printed once. */
export function folded(errors: readonly GitkubeError[]): GitkubeError {
  const [first, ...others] = errors;
  if (!first || others.length === 0) return first ?? new GitkubeError('Internal', 'nothing was refused');
  return new GitkubeError(first.reason, `${first.message} (and ${count(others.length, 'other error')})`, {
    // Each is an error of its own, and no evidence of the first.
    evidence: others.slice(0, 20).map(({ message }) => `error: ${message}`),
    hint: [...new Set(errors.flatMap(hintsOf))].slice(0, maxHints),
  });
}
