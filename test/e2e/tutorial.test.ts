import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentProgress } from '../cluster/progress.ts';
import { bringStandIns } from '../images/stand-ins.ts';
import { deleteNamespace, ensureNamespace } from '../support/api-server.ts';
import { DocumentedShell, documentedHost } from '../support/documented-shell.ts';
import { follow, type Step, steady, stepsOf } from '../support/followed.ts';
import { Gitkube } from '../support/gitkube.ts';
import { giveTo } from '../support/lease.ts';
import { fencesOf } from '../support/markdown.ts';
import { bringVolume, inThisCluster } from '../support/reader-cluster.ts';
import { rig } from '../support/rig.ts';

const textOf = (file: string) => readFileSync(join(import.meta.dirname, '../..', file), 'utf8');

let standIns: AsyncDisposable;
let gitkube: Gitkube;
let shell: DocumentedShell;

beforeAll(async () => {
  const { state: stateDir, engine, hostAddress } = rig();
  const place = { stateDir, engineSocket: engine.replace('unix://', ''), hostAddress, progress: silentProgress };
  standIns = await bringStandIns(place);
  gitkube = await Gitkube.start({
    GITKUBE_PUBLIC_ADDRESS: `${documentedHost}:22`,
    GITKUBE_TASKS: 'on',
    // Images of an earlier run would not be built.
    GITKUBE_REGISTRY: `${rig().registry}/${randomUUID()}`,
  });
  shell = await DocumentedShell.create(gitkube.port);
}, 600_000);
afterAll(async () => {
  await gitkube[Symbol.asyncDispose]();
  await shell[Symbol.asyncDispose]();
  await standIns[Symbol.asyncDispose]();
});

/** Runs a step, and compares what it prints with what is shown. */
async function takes(step: Step): Promise<void> {
  const { code, output } = await follow(step, shell);
  if (step.shown !== undefined) expect.soft(steady(output)).toBe(steady(step.shown));
  expect(code !== 0, output).toBe(step.shown?.includes('! [remote rejected]') ?? false);
}

// The image of its app holds a Node.js, which takes the most of a minute to build and to push.
it('the tutorial, followed to the letter, does and prints what it says', async () => {
  await using stack = new AsyncDisposableStack();
  stack.use(await bringVolume(rig(), { namespace: 'notes', claim: 'data-db-0' }));
  stack.defer(() => deleteNamespace('notes'));
  for (const step of stepsOf(inThisCluster(textOf('docs/tutorial.md'), rig()))) {
    await takes(step);
    if (step.commands.includes('create namespace')) await giveTo(gitkube.name, 'notes');
  }
}, 600_000);

it('the README, followed with a key and a namespace of its own, leads to a push and a rollback', async () => {
  await using stack = new AsyncDisposableStack();
  await ensureNamespace('readme');
  stack.defer(() => deleteNamespace('readme'));
  await giveTo(gitkube.name, 'readme');
  const key = readFileSync(shell.publicKey, 'utf8').trim();
  const readme = textOf('README.md')
    .replace('namespace: default', 'namespace: readme')
    .replaceAll('default/hello', 'readme/hello')
    .replace(/ssh-ed25519 AAAA… \S+(?=\])/, key);
  const [, deployment = ''] = /`kubectl (create deployment [^`]*)`/.exec(readme) ?? [];
  const [remote] = fencesOf(readme).filter(({ language }) => language === 'yaml');
  const step = (having: string) => stepsOf(readme).filter(({ commands }) => commands.includes(having));

  await writeFile(join(shell.home, 'Dockerfile'), textOf('examples/hello/Dockerfile'));
  await writeFile(join(shell.home, 'index.html'), 'Hello.\n');
  await takes({ commands: `kubectl -n readme ${deployment.replace(/\s+/g, ' ')}` });
  await writeFile(join(shell.home, 'remote.yaml'), remote?.text ?? '');
  await takes({
    commands: 'cd ~ && git init -q -b main && git add Dockerfile index.html && git commit -q -m 1',
  });
  for (const first of step('gitkube remote create')) await takes({ ...first });
  await takes({ commands: 'echo Bye. > index.html && git commit -q -a -m 2 && git push dev main' });
  for (const rollback of step('refs/rollback')) await takes(rollback);
  const { output } = await follow(
    { commands: 'kubectl -n readme exec deployment/hello -- cat /www/index.html' },
    shell,
  );
  expect(output).toBe('Hello.\n');
});
