import { join } from 'node:path';
import { type Finished, must, run } from './command.ts';
import { rig } from './rig.ts';

export const chart = join(import.meta.dirname, '../../manifests/chart');

/** The pinned helm with the cluster under test. A non-zero exit code is a result. */
export function helm(...args: string[]): Promise<Finished> {
  return run(rig().helm, args, { env: { KUBECONFIG: rig().kubeconfig } });
}

/** The same, and it has to work. Returns stdout. */
export function mustHelm(...args: string[]): Promise<string> {
  return must(rig().helm, args, { env: { KUBECONFIG: rig().kubeconfig } });
}

/** `--set` for each value, with types as JSON has them. */
export function values(set: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(set).map(([name, value]) => `--set-json=${name}=${JSON.stringify(value)}`);
}
