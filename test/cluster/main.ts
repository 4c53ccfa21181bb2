import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { quote } from './kubectl.ts';
import { partStates } from './local-rig.ts';
import { logOf } from './parts.ts';
import { stderrProgress } from './progress.ts';
import { healthyEnv, startCluster, stopCluster } from './rig.ts';
import { describeError, RigError } from './rig-error.ts';
import { type ClusterEnv, defaultStateDir, readRecord } from './state.ts';

const usage = `usage: scripts/cluster up|down|status|env [--state DIR]

  up      bring up Kubernetes, a Docker Engine and a registry, unless they run already
  down    take them down and leave nothing
  status  what runs, and where the logs are
  env     settings for a shell: eval "$(scripts/cluster env)"

Several clusters can run at once, each with a state folder of its own.`;

const commands: Readonly<Record<string, (stateDir: string) => Promise<void>>> = { up, down, status, env };

async function up(stateDir: string): Promise<void> {
  const start = performance.now();
  const cluster = await startCluster({ stateDir, progress: stderrProgress });
  stderrProgress.line(`ready in ${((performance.now() - start) / 1000).toFixed(1)} s; eval "$(scripts/cluster env)"`);
  stderrProgress.line(`  registry ${cluster.registry}, node ${cluster.nodeAddress}, state ${cluster.stateDir}`);
}

async function down(stateDir: string): Promise<void> {
  if (readRecord(stateDir) === undefined) stderrProgress.line(`there is no cluster in ${stateDir}`);
  await stderrProgress.step(`take down ${stateDir}`, () => stopCluster(stateDir));
}

async function status(stateDir: string): Promise<void> {
  if (readRecord(stateDir) === undefined)
    throw new RigError(`there is no cluster in ${stateDir}`, { hint: ['scripts/cluster up'] });
  const states = partStates(stateDir);
  for (const { name, runs } of states) {
    console.log(`${name.padEnd(24)} ${(runs ? 'runs' : 'not running').padEnd(12)} ${logOf(stateDir, name)}`);
  }
  const healthy = (await healthyEnv(stateDir)) !== undefined;
  console.log(healthy ? 'everything answers' : 'broken: scripts/cluster up repairs it');
  process.exitCode = healthy ? 0 : 1;
}

async function env(stateDir: string): Promise<void> {
  const cluster = await healthyEnv(stateDir);
  if (cluster === undefined) throw new RigError(`no cluster runs in ${stateDir}`, { hint: ['scripts/cluster up'] });
  for (const [name, value] of Object.entries(shellVariables(cluster))) {
    console.log(`export ${name}=${quote(value)}`);
  }
}

function shellVariables(cluster: ClusterEnv): Record<string, string> {
  return {
    KUBECONFIG: cluster.kubeconfig,
    DOCKER_HOST: `unix://${cluster.engineSocket}`,
    GITKUBE_REGISTRY: cluster.registry,
    GITKUBE_NODE_ADDRESS: cluster.nodeAddress,
    GITKUBE_BASE_IMAGE: cluster.baseImage,
    GITKUBE_TEST_RIG: cluster.stateDir,
    KUBECTL: cluster.kubectl,
    PATH: `${dirname(cluster.kubectl)}:${process.env.PATH}`,
  };
}

async function main(): Promise<void> {
  const { values, positionals } = readArguments();
  const command = commands[positionals[0] ?? ''];
  if (values.help) {
    console.log(usage);
  } else if (command === undefined || positionals.length !== 1) {
    console.error(usage);
    process.exitCode = 2;
  } else {
    await command(resolve(values.state ?? defaultStateDir(process.env)));
  }
}

function readArguments() {
  const options = { state: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    throw new RigError(error instanceof Error ? error.message : String(error), { hint: ['scripts/cluster --help'] });
  }
}

try {
  await main();
} catch (thrown) {
  for (const line of describeError(thrown)) console.error(line);
  process.exitCode = 1;
}
