/**
 * `npm run follow-docs`: what a stranger does who has the README and the tutorial. It clones the last commit, takes a home with
 * nothing in it, types every command, and compares what is printed with what is shown. It ends with exit code 1 at the first
 * difference, and removes all that it started. KUBE_ASSETS spares building Kubernetes, XDG_CACHE_HOME what an earlier run has
 * downloaded and built.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '../../test/cluster/rig-error.ts';
import { run } from '../../test/cluster/run.ts';
import { furnish, publicKeyIn } from '../../test/support/documented-shell.ts';
import { stepsOf } from '../../test/support/followed.ts';
import { createCluster, type ReaderCluster } from './cluster.ts';
import { Deviation, nodeFolder, Reader } from './reader.ts';
import { firstRemote, nextCommands, readmeSteps } from './readme.ts';
import { type Installation, replaced } from './replaced.ts';

async function main(): Promise<void> {
  await using reader = await Reader.create();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => reader.interrupt(signal));
  const readme = await reader.text('README.md');
  await tryIt(reader, readme);

  await using cluster = await createCluster(reader);
  await furnish(reader.home, ['Host *']);
  reader.finds(join(reader.home, 'bin'));
  reader.finds(nodeFolder());
  reader.finds(join(reader.home, '.npm-global/bin'));
  const installation = await install(reader, cluster, readme);
  await firstApp(reader, replaced(readme, installation));
  await reader.types({ commands: 'cd ~' }, 'to go on');
  for (const step of stepsOf(replaced(await reader.text('docs/tutorial.md'), installation)))
    await reader.types(step, 'docs/tutorial.md');
  await reader.types(readmeSteps(readme).suite, 'README.md');
}

async function tryIt(reader: Reader, readme: string): Promise<void> {
  await reader.types({ commands: 'cd ~/gitkube' }, 'to begin');
  const { quickstart, clean } = readmeSteps(readme);
  try {
    const output = await reader.types(quickstart, 'README.md');
    await reader.types({ commands: nextCommands(output) }, 'quickstart');
  } finally {
    await reader.types({ ...clean, commands: `cd ~/gitkube && ${clean.commands}` }, 'README.md', true);
  }
}

async function install(reader: Reader, { env, values }: ReaderCluster, readme: string): Promise<Installation> {
  const publicKey = (await readFile(publicKeyIn(reader.home), 'utf8')).trim();
  const known = { registry: env.registry, host: env.nodeAddress, port: 0, publicKey, values };
  await reader.types(readmeSteps(replaced(readme, known)).install, 'README.md');
  const service = ['-n', 'gitkube', 'get', 'service', 'gitkube', '-o', 'jsonpath={.spec.ports[0].nodePort}'];
  return { ...known, port: Number(await run(env.kubectl, service)) };
}

const page = 'kubectl exec deployment/hello -- cat /www/index.html';

async function firstApp(reader: Reader, readme: string): Promise<void> {
  const { createDeployment, createRemote, mistake, rollback, rollbackBySsh } = readmeSteps(readme);
  await reader.types(createDeployment, 'README.md');
  // What the README leaves to its reader: an app in a git repository.
  const app =
    'cp -r ~/gitkube/examples/hello ~/hello && cd ~/hello && git init -q -b main && git add . && git commit -q -m 1';
  await reader.types({ commands: app }, 'to have an app');
  await writeFile(join(reader.home, 'hello/remote.yaml'), firstRemote(readme));
  await reader.types(createRemote, 'README.md');
  await reader.types(mistake, 'README.md');
  const second = 'git reset -q --hard HEAD~1 && echo Bye. > index.html && git commit -q -a -m 2 && git push dev main';
  await reader.types({ commands: second }, 'to have two releases');
  await reader.types(rollback, 'README.md');
  await reader.types({ commands: page, shown: 'Hello from the first version.' }, 'to see release 1');
  // Without a number: the release before what runs.
  await reader.types(rollbackBySsh, 'README.md');
  await reader.types({ commands: page, shown: 'Bye.' }, 'to see release 2');
}

try {
  await main();
} catch (thrown) {
  for (const line of thrown instanceof Deviation ? thrown.report() : describeError(thrown)) console.error(line);
  process.exitCode = 1;
}
