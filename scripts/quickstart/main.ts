import { parseArgs } from 'node:util';
import { describeError } from '../../test/cluster/rig-error.ts';
import { cleanUp } from './clean.ts';
import { findCluster } from './cluster.ts';
import { demonstrate } from './demo.ts';

const options = {
  once: { type: 'boolean', default: false },
  clean: { type: 'boolean', default: false },
  yes: { type: 'boolean', default: false },
  kubeconfig: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const help = `./quickstart [--once] [--clean] [--kubeconfig FILE [--yes]]

  --once             exit when the second version answers, leave nothing behind
  --clean            remove what an earlier run left
  --kubeconfig FILE  use that cluster and the Docker Engine of this machine instead of starting some
  --yes              do not ask before using them
`;

async function main(): Promise<number> {
  const { values } = parseArgs({ options, strict: true });
  if (values.help) return print(help);
  if (values.clean) return cleanUp();
  const cluster = await findCluster({ kubeconfig: values.kubeconfig, yes: values.yes, once: values.once });
  try {
    await demonstrate(cluster, { once: values.once });
  } finally {
    await cluster.leave();
  }
  return 0;
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

try {
  process.exitCode = await main();
} catch (thrown) {
  for (const line of describeError(thrown)) console.error(line);
  console.error('hint: ./quickstart --clean removes what this and earlier runs left');
  process.exitCode = 1;
}
