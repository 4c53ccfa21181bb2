import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { RigError } from '../../test/cluster/rig-error.ts';
import type { Cluster } from './cluster.ts';
import { forwardedPort } from './values.ts';

export interface PortForward {
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** Brings the SSH port of the server to this machine, for as long as it is not stopped. */
export async function forwardPort(cluster: Cluster): Promise<PortForward> {
  const args = ['--kubeconfig', cluster.kubeconfig, '--namespace=gitkube', 'port-forward', 'service/gitkube'];
  const child = spawn(cluster.kubectl, [...args, `${forwardedPort}:ssh`], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const lines = createInterface({ input: child.stdout });
  // Its first line says that it listens.
  const listening = once(lines, 'line').then(() => true);
  const failed = Promise.race([ended, once(child, 'error')]).then(() => false);
  if (!(await Promise.race([listening, failed]))) {
    throw new RigError(`kubectl port-forward cannot listen on port ${forwardedPort} of this machine`);
  }
  return {
    ended,
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}
