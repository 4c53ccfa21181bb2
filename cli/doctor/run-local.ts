import type { Command } from 'commander';
import { asGitkubeError } from '../../base/errors.ts';
import type { Config } from '../../server/config.ts';
import type { Io } from '../io.ts';
import { serverConfig } from '../serve.ts';
import { allChecks } from './checks.ts';
import { lookAtCluster } from './cluster.ts';
import { type CheckContext, type Finding, fail, findAll } from './finding.ts';

/** Looks as a server would that is started here, with these settings and this account. */
export async function runLocal(
  command: Command,
  env: Io['env'],
  common: Pick<CheckContext, 'clock' | 'signal' | 'remote'>,
): Promise<Finding[]> {
  let config: Config;
  try {
    config = serverConfig(command, env);
  } catch (thrown) {
    const { message, hint } = asGitkubeError(thrown);
    return [{ check: 'settings', ...fail(message, ...hint, 'gitkube serve --help') }];
  }
  const { GITKUBE_KUBECONFIG: kubeconfig, GITKUBE_KUBE_CONTEXT: context } = config;
  const look = lookAtCluster({ kubeconfig, context, clock: common.clock });
  const cluster = look.then(({ admin }) => admin);
  const home = config.GITKUBE_SERVICE?.namespace ?? config.GITKUBE_HOST_KEY_SECRET?.namespace ?? 'gitkube';
  try {
    const found = await findAll(allChecks, { ...common, config, home, inside: true }, cluster);
    return [(await look).finding, ...found];
  } finally {
    (await cluster)?.close();
  }
}
