import { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import type { AnyObject } from '../../kube/kube.ts';
import { idOfEnvironment } from '../../remote-crd/index.ts';
import type { RemoteName } from '../types.ts';
import { inventoryLabel, labelOf, nameOf } from './objects.ts';

export interface Ownership {
  readonly remote: RemoteName;
  /** All Remotes that there are now. */
  readonly remotes: () => readonly RemoteName[];
}

/** What an object that exists is to this Remote. */
export type Owner =
  | { readonly kind: 'this' | 'nobody' }
  | { readonly kind: 'other'; readonly remote: RemoteName }
  /** A Remote that is not there any more, as its label has it. */
  | { readonly kind: 'gone'; readonly label: string };

/** An object is of the Remote that its label names, as long as there is one. */
export function ownerOf({ metadata }: AnyObject, { remote, remotes }: Ownership): Owner {
  const label = metadata.labels?.[inventoryLabel];
  if (label === undefined) return { kind: 'nobody' };
  const namespaced = metadata.namespace !== undefined;
  if (label === labelOf(remote, namespaced)) return { kind: 'this' };
  const other = remotes().find(
    (one) => (!namespaced || one.namespace === remote.namespace) && label === labelOf(one, namespaced),
  );
  return other ? { kind: 'other', remote: other } : { kind: 'gone', label: plain(label, 63) };
}

/**
 * Two Remotes that apply the same object would undo each other with every push.
 * @throws ManifestsRefused
 */
export function refuseForeign(live: AnyObject | undefined, ownership: Ownership): void {
  const owner = live && ownerOf(live, ownership);
  if (owner?.kind !== 'other') return;
  const { kind, metadata } = live as AnyObject;
  const inNamespace = metadata.namespace === undefined ? '' : `-n ${metadata.namespace} `;
  const what = `${kind.toLowerCase()} ${plain(metadata.name, 253)}`;
  throw new GitkubeError(
    'ManifestsRefused',
    `${nameOf({ kind, name: metadata.name })} belongs to the Remote ${idOfEnvironment(owner.remote)}, which has applied it`,
    {
      hint: [
        'remove it from these manifests, or rename it',
        // This first: the other Remote would delete what its manifests no longer have.
        `or hand it over, before the other Remote leaves it out: kubectl ${inNamespace}label ${what} ${inventoryLabel}-`,
      ],
    },
  );
}

/** What the pusher reads of an object that changes hands. */
export function takeoverLine(live: AnyObject, ownership: Ownership): string | undefined {
  const owner = ownerOf(live, ownership);
  if (owner.kind !== 'gone') return undefined;
  const { kind, metadata } = live;
  return `${nameOf({ kind, name: metadata.name })}: belonged to ${owner.label}, which there is no longer: taking it over`;
}
