import { eventually } from './eventually.ts';
import { mustKubectl } from './kubectl.ts';

/**
 * Resolves when the pods of servers that other tests have uninstalled are gone: each writes the status of every Remote, as
 * long as it is at ending.
 */
export async function untilAlone(): Promise<void> {
  const servers = 'app.kubernetes.io/part-of=gitkube,app.kubernetes.io/component=server';
  await eventually(async () => (await mustKubectl(['get', 'pods', '-A', '-l', servers, '-o', 'name'])) === '', 90_000);
}
