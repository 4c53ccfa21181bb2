import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { gitRemoteCommands } from '../../base/git-remote.ts';
import { type Cluster, type Kubectl, kubectlOf, stateFolder } from './cluster.ts';
import { fetchPage, objects } from './example.ts';
import { forwardPort, type PortForward } from './forward.ts';
import { install, uninstall } from './install.ts';
import { quiet, show } from './shell.ts';
import { forwardedPort } from './values.ts';

const root = join(import.meta.dirname, '../..');
const repository = join(stateFolder, 'hello');
const ownFiles = ['id_ed25519', 'id_ed25519.pub', 'known_hosts', 'values.json'].map((name) => join(stateFolder, name));

/** Installs Gitkube; then the main job, twice: push, see it answer; change a line, push, see the change answer. */
export async function demonstrate(cluster: Cluster, { once }: { once: boolean }): Promise<void> {
  console.log('Installing Gitkube');
  const kubectl = kubectlOf(cluster);
  await install(cluster, kubectl);
  const forward = cluster.nodeAddress === undefined ? await forwardPort(cluster) : undefined;
  try {
    const key = await findKey();
    await kubectl(['apply', '-f', '-'], JSON.stringify(objects(await readFile(`${key}.pub`, 'utf8'))));
    await kubectl(['wait', '--for=jsonpath={.status.remoteUrl}', 'remote/hello', '--timeout=30s']);
    const url = (await kubectl(['get', 'remote', 'hello', '-o', 'jsonpath={.status.remoteUrl}'])).trim();
    await makeRepository(url, key);

    await pushAndShow(cluster, kubectl);
    await changeLine();
    await pushAndShow(cluster, kubectl);
    if (!once) await printNext(cluster, forward);
    else if (cluster.handedOver) await removeAll(cluster, kubectl);
  } finally {
    await forward?.stop();
  }
}

/** What this run put into a cluster that stays. The Remote first: its server cleans up behind it. */
async function removeAll(cluster: Cluster, kubectl: Kubectl): Promise<void> {
  console.log('\nRemoving Gitkube and the example');
  await kubectl(['delete', '--ignore-not-found', 'remote/hello', 'deployment/hello', 'service/hello']);
  await uninstall(cluster, kubectl);
  for (const file of [repository, ...ownFiles]) await rm(file, { recursive: true, force: true });
}

async function pushAndShow(cluster: Cluster, kubectl: Kubectl): Promise<void> {
  await show('git', ['push', 'dev', 'main'], { cwd: repository });
  const { command, text } = await fetchPage(cluster, kubectl);
  console.log(`\n$ ${command}\n${text.trim()}`);
}

/** The user's own key where there is one, else one made for this. */
async function findKey(): Promise<string> {
  const own = ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((name) => join(homedir(), '.ssh', name));
  const found = own.find((path) => existsSync(path) && existsSync(`${path}.pub`));
  if (found) return found;
  const made = join(stateFolder, 'id_ed25519');
  if (!existsSync(made)) {
    await quiet('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'quickstart', '-f', made]);
    console.log(`No SSH key in ~/.ssh: generated one for this, ${made}`);
  }
  return made;
}

/** A repository with the example, and the cluster as its git remote `dev`. It goes on where an earlier run ended. */
async function makeRepository(url: string, key: string): Promise<void> {
  await rm(repository, { recursive: true, force: true });
  await mkdir(repository, { recursive: true });
  await cp(join(root, 'examples/hello'), repository, { recursive: true });
  const git = (...args: string[]) => quiet('git', ['-C', repository, ...args]);
  // The server's host key is new; only this repository trusts it, through a file of its own.
  const knownHosts = join(stateFolder, 'known_hosts');
  const { hostname, port } = new URL(url);
  const hostKey = (await quiet('ssh-keyscan', ['-t', 'ed25519', '-p', port || '22', hostname])).trim();
  await writeFile(knownHosts, `${hostKey}\n`);
  await git('init', '-q', '-b', 'main');
  await git('config', 'user.name', 'Quickstart');
  await git('config', 'user.email', 'quickstart@example.com');
  await git('config', 'core.sshCommand', `ssh -i '${key}' -o IdentitiesOnly=yes -o UserKnownHostsFile='${knownHosts}'`);
  for (const [, ...args] of gitRemoteCommands('dev', url)) await git(...args);
  await git('fetch', '-q', 'dev');
  if ((await git('branch', '-r', '--list', 'dev/main')) !== '') await git('reset', '-q', '--soft', 'dev/main');
  await git('add', '-A');
  await git('commit', '-q', '--allow-empty', '-m', 'First version');
}

async function changeLine(): Promise<void> {
  await writeFile(join(repository, 'index.html'), 'Hello from the second version.\n');
  await show('git', ['commit', '-q', '-a', '-m', 'Second version'], { cwd: repository });
}

/** Nothing but a forwarded port needs this program any longer. */
async function printNext(cluster: Cluster, forward: PortForward | undefined): Promise<void> {
  const kubectl = `KUBECONFIG=${cluster.kubeconfig} ${cluster.kubectl}`;
  console.log(`
Gitkube and the example keep running. Next${forward ? ', in another terminal' : ''}:

  cd ${repository} && echo 'Hello again.' > index.html && git commit -qam Again && git push dev main
  git push dev HEAD:refs/rollback/1   # the first version again, without a build
  ${kubectl} describe remote hello   # what runs, and what happened

${howToRemove(cluster)}`);
  if (forward === undefined) return;
  console.log(`Ctrl-C ends kubectl port-forward on port ${forwardedPort}, which leads to it.`);
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await Promise.race([interrupted, forward.ended]);
}

function howToRemove({ handedOver, kubeconfig }: Cluster): string {
  if (!handedOver) return './quickstart --clean removes everything.';
  // The Remote first, while there is a server that takes leave of it.
  return `Remove it, with KUBECONFIG=${kubeconfig}:
  kubectl delete remote/hello deployment/hello service/hello && helm -n gitkube uninstall gitkube && kubectl delete namespace gitkube`;
}
