import type { Clock } from '../../base/clock.ts';
import { expireRecords } from '../deploys/records/record-folder.ts';
import type { Repositories } from '../git/repositories.ts';

export interface ExpireOptions {
  readonly repositories: Pick<Repositories, 'all' | 'find'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** Output names people and may name more: what nobody has asked about for a quarter of a year goes. */
const bounds = { maxAgeMs: 90 * 86_400_000, keep: 10 };

/** Deletes old records of deploys, repository by repository; their number and size are kept within bounds by each deploy. */
export async function expireDeploys({ repositories, clock }: ExpireOptions): Promise<void> {
  for (const { namespace, name } of await repositories.all()) {
    const repository = await repositories.find(namespace, name);
    for (const { folder } of (await repository?.views()) ?? []) await expireRecords(folder, bounds, clock.now());
  }
}
