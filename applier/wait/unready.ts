import type { AnyObject } from '../../kube/kube.ts';
import type { KubeDeps } from '../../kube/retrying-kube.ts';
import type { AppliedObject } from '../apply/apply.ts';
import { inBatches } from '../batches.ts';
import { groupOf, listAt, textAt } from '../objects/object-fields.ts';
import { nameOf } from '../objects/objects.ts';
import { isFine, judge, wordsOf } from './judge.ts';

/** Which of these objects does not work now, and what it waits for. */
export async function unreadyLines(deps: KubeDeps, applied: readonly AppliedObject[], as: string): Promise<string[]> {
  const lines = await inBatches(applied, async (one) => {
    const object = await deps.kube.getObject(one.ref, { as }).catch(() => undefined);
    if (!object) return [];
    const verdict = judge(one, { seen: { object, gone: false } });
    return isFine(verdict) ? [] : [`${nameOf(one.ref)} is not ready either: ${wordsOf(verdict)}`];
  });
  return lines.flat();
}

/** A cluster without load balancers never gives an address, so nobody waits for one. */
export function addressLines(applied: readonly AppliedObject[]): string[] {
  return applied
    .filter(({ did, after }) => did !== 'keep' && lacksAddress(after))
    .map(({ ref }) => `${nameOf(ref)}: has no external address yet, which is not waited for`);
}

function lacksAddress(object: AnyObject): boolean {
  const balances =
    object.kind === 'Service' && groupOf(object) === '' && textAt(object, 'spec.type') === 'LoadBalancer';
  return balances && listAt(object, 'status.loadBalancer.ingress').length === 0;
}
