import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Cluster, stateFolder } from './cluster.ts';
import { fetchPage, objects } from './example.ts';
import { type Server, startServer } from './server.ts';
import { quiet, show } from './shell.ts';

const root = join(import.meta.dirname, '../..');
const repository = join(stateFolder, 'hello');

/** The main job, twice: push, see it answer; change a line, push, see the change answer. */
export async function demonstrate(cluster: Cluster, { once }: { once: boolean }): Promise<void> {
  await quiet('npm', ['run', '--silent', 'build'], '', root);
  console.log('Starting Gitkube');
  const kubectl = (args: string[], input?: string) =>
    quiet(cluster.kubectl, ['--kubeconfig', cluster.kubeconfig, ...args], input);
  await kubectl(['apply', '--server-side', '-f', join(root, 'manifests/crd.yaml')]);
  const server = await startServer(cluster);
  try {
    const key = await findKey();
    await kubectl(['apply', '-f', '-'], JSON.stringify(objects(await readFile(`${key}.pub`, 'utf8'))));
    await kubectl(['wait', '--for=jsonpath={.status.remoteUrl}', 'remote/hello', '--timeout=30s']);
    const url = (await kubectl(['get', 'remote', 'hello', '-o', 'jsonpath={.status.remoteUrl}'])).trim();
    await makeRepository(server, url, key);

    await pushAndShow(cluster, kubectl);
    await changeLine();
    await pushAndShow(cluster, kubectl);
    if (once) return;
    await stay(cluster, server);
  } finally {
    await server.stop();
  }
}

type Kubectl = (args: string[], input?: string) => Promise<string>;

async function pushAndShow(cluster: Cluster, kubectl: Kubectl): Promise<void> {
  await show('git', ['push', 'dev', 'main'], { cwd: repository });
  const { url, text } = await fetchPage(cluster, kubectl);
  console.log(`\n$ curl ${url}\n${text.trim()}`);
}

/** The user's own key where there is one, else one made for this. */
async function findKey(): Promise<string> {
  const own = ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((name) => join(homedir(), '.ssh', name));
  const found = own.find((path) => existsSync(path) && existsSync(`${path}.pub`));
  if (found) return found;
  const made = join(stateFolder, 'id_ed25519');
  if (!existsSync(made)) {
    await quiet('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'quickstart', '-f', made]);
    console.log(`No SSH key in ~/.ssh: made one for this, ${made}`);
  }
  return made;
}

/** A fresh repository with the example, and the cluster as its git remote `dev`. */
async function makeRepository(server: Server, url: string, key: string): Promise<void> {
  await rm(repository, { recursive: true, force: true });
  await mkdir(repository, { recursive: true });
  await cp(join(root, 'examples/hello'), repository, { recursive: true });
  const git = (...args: string[]) => quiet('git', ['-C', repository, ...args]);
  // The server's host key is new; only this repository trusts it, through a file of its own.
  const knownHosts = join(stateFolder, 'known_hosts');
  const hostKey = (await quiet('ssh-keyscan', ['-t', 'ed25519', '-p', String(server.port), '127.0.0.1'])).trim();
  await writeFile(knownHosts, `${hostKey}\n`);
  await git('init', '-q', '-b', 'main');
  await git('config', 'user.name', 'Quickstart');
  await git('config', 'user.email', 'quickstart@example.com');
  await git('config', 'core.sshCommand', `ssh -i '${key}' -o IdentitiesOnly=yes -o UserKnownHostsFile='${knownHosts}'`);
  await git('remote', 'add', 'dev', url);
  await git('add', '-A');
  await git('commit', '-q', '-m', 'First version');
}

async function changeLine(): Promise<void> {
  await writeFile(join(repository, 'index.html'), 'Hello from the second version.\n');
  await show('git', ['commit', '-q', '-a', '-m', 'Second version'], { cwd: repository });
}

async function stay(cluster: Cluster, server: Server): Promise<void> {
  console.log(`
Gitkube runs until Ctrl-C (log: ${server.logFile}). Try next, in another terminal:

  cd ${repository}
  git push -f dev releases/1^{}:refs/heads/main     # after: git fetch dev --tags
  ${cluster.kubectl} --kubeconfig ${cluster.kubeconfig} get remotes
  ssh -p ${server.port} git@127.0.0.1                            # who you are, and your Remotes

./quickstart --clean removes everything.`);
  await new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  console.log('\nStopping Gitkube; the cluster stays for a next run, until ./quickstart --clean');
}
