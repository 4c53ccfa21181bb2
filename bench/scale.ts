/**
 * `npm run bench:scale [-- --remotes 2000]`: as many Remotes and Deployments applied at once, then the key of one more
 * Remote; reports how long that key takes to work, and the memory of the server. GITKUBE_TEST_RIG names a cluster that
 * runs already.
 */
import { generateKeyPairSync } from 'node:crypto';
import { parseArgs } from 'node:util';
import { eventually } from '../test/support/eventually.ts';
import { Gitkube } from '../test/support/gitkube.ts';
import { setup } from '../test/support/global-setup.ts';
import { residentMegabytes } from '../test/support/processes.ts';
import { Project } from '../test/support/project.ts';
import { median } from './compare.ts';

const { values } = parseArgs({ options: { remotes: { type: 'string', default: '2000' } } });
const many = Number(values.remotes);
const hands = 8;

const end = await setup();
try {
  await using gitkube = await Gitkube.start();
  await using project = await Project.create(gitkube);
  const idle = residentMegabytes(gitkube.pid);
  const few = await keysOfMore(project, 'first');

  const applied = await seconds(() => applyMany(project));
  console.log(`${many} Remotes and ${many} Deployments applied in ${applied.toFixed(1)} s`);
  const lots = await keysOfMore(project, 'last');
  console.log(
    `the key of one more works after ${milliseconds(lots)}; of one while there were few, after ${milliseconds(few)}`,
  );
  console.log(`  in the median ${(median(lots) / median(few)).toFixed(2)} of its time`);
  const statusSeconds = await seconds(() => allHaveStatus(project));
  console.log(`every Remote had its status ${statusSeconds.toFixed(1)} s later`);
  const now = residentMegabytes(gitkube.pid);
  const each = ((now - idle) * 1024 ** 2) / many;
  const { length } = await project.kubectl('get', 'remote', 'many-0', '-o', 'json');
  console.log(`memory of the server: ${Math.round(idle)} MB idle, ${Math.round(now)} MB with ${many} Remotes`);
  console.log(`  ${Math.round(each)} bytes a Remote, ${(each / length).toFixed(1)} of its JSON`);
  const startSeconds = await seconds(async () => {
    await gitkube.stop();
    await gitkube.start();
  });
  console.log(
    `stopped and started again with them in ${startSeconds.toFixed(1)} s: ${Math.round(residentMegabytes(gitkube.pid))} MB`,
  );
} finally {
  await end?.();
}

/** Several hands, since one kubectl sends one object after the other. */
async function applyMany(project: Project): Promise<void> {
  const pairs = Array.from({ length: many }, (_, index) => pair(project.namespace, `many-${index}`, randomKey()));
  const share = Math.ceil(pairs.length / hands);
  const shares = Array.from({ length: hands }, (_, hand) => pairs.slice(hand * share, (hand + 1) * share));
  await Promise.all(shares.map((some) => project.apply(...some.flat())));
}

async function keysOfMore(project: Project, name: string): Promise<number[]> {
  const times: number[] = [];
  for (let run = 1; run <= 5; run++) times.push(await keyOfOneMore(project, `${name}-${run}`));
  return times;
}

/** Milliseconds from the end of `kubectl apply` to the first answer that the key gets. */
async function keyOfOneMore(project: Project, name: string): Promise<number> {
  await project.makeKey(name);
  await project.apply(...pair(project.namespace, name, await project.publicKey(name)));
  const start = performance.now();
  const url = project.url.replace(/app$/, name);
  await eventually(async () => (await project.tryGit(['ls-remote', url], { key: name })).code === 0);
  return performance.now() - start;
}

function milliseconds(times: readonly number[]): string {
  return times.map((ms) => `${Math.round(ms)} ms`).join(', ');
}

async function allHaveStatus(project: Project): Promise<void> {
  const path = '{range .items[*]}{.status.remoteUrl}{"\\n"}{end}';
  await eventually(async () => {
    const urls = await project.kubectl('get', 'remotes', '-o', `jsonpath=${path}`);
    return urls.split('\n').filter(Boolean).length > many;
  }, many * 150);
}

function pair(namespace: string, name: string, key: string): object[] {
  const labels = { app: name };
  const containers = [{ name: 'web', image: 'placeholder.invalid/none:0' }];
  const template = { metadata: { labels }, spec: { containers } };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace },
      spec: { replicas: 0, selector: { matchLabels: labels }, template },
    },
    {
      apiVersion: 'gitkube.sh/v1alpha1',
      kind: 'Remote',
      metadata: { name, namespace },
      spec: { authorizedKeys: [key], deployments: [{ name, containers: [{ name: 'web', path: '.' }] }] },
    },
  ];
}

/** A public key that nobody has the other half of. */
function randomKey(): string {
  const { publicKey } = generateKeyPairSync('ed25519');
  // RFC 8032: the last 32 bytes of the SubjectPublicKeyInfo are the key; RFC 8709, section 4: how SSH writes it.
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const field = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  const blob = Buffer.concat([field(Buffer.from('ssh-ed25519')), field(raw)]);
  return `ssh-ed25519 ${blob.toString('base64')}`;
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
