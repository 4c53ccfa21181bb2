import { constants } from 'node:os';
import { describeError } from '../../test/cluster/rig-error.ts';
import { help, readArguments } from './arguments.ts';
import { cleanUp } from './clean.ts';
import { type Cluster, findCluster } from './cluster.ts';
import { demonstrate } from './demo.ts';

async function main(): Promise<void> {
  const wanted = readArguments(process.argv.slice(2));
  if (wanted.help) return void process.stdout.write(help);
  if (wanted.clean) return cleanUp();
  await run(await findCluster(wanted), wanted.once);
}

async function run(cluster: Cluster, once: boolean): Promise<void> {
  if (once && !cluster.handedOver) leaveNothing(cluster);
  try {
    await demonstrate(cluster, { once });
  } finally {
    await cluster.leave();
  }
}

/** Also when it is interrupted. */
function leaveNothing(cluster: Cluster): void {
  const leave = (signal: 'SIGINT' | 'SIGTERM') => {
    console.error(`\n${signal}: removing what was started`);
    void cluster.leave().finally(() => process.exit(128 + constants.signals[signal]));
  };
  process.once('SIGINT', leave).once('SIGTERM', leave);
}

try {
  await main();
} catch (thrown) {
  for (const line of describeError(thrown)) console.error(line);
  process.exitCode = 1;
}
