import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { RigError } from '../../test/cluster/rig-error.ts';
import { type Cluster, stateFolder } from './cluster.ts';

export interface Server {
  readonly port: number;
  readonly logFile: string;
  stop(): Promise<void>;
}

const root = join(import.meta.dirname, '../..');

/** Gitkube itself, as a process beside this one; its log goes to a file. */
export async function startServer(cluster: Cluster): Promise<Server> {
  await mkdir(stateFolder, { recursive: true, mode: 0o700 });
  const logFile = join(stateFolder, 'server.log');
  const child = spawn(process.execPath, [join(root, 'dist/cli/gitkube.js'), 'serve'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C ends the quickstart, which then stops the server in good order.
    detached: true,
    env: {
      PATH: process.env.PATH ?? '',
      GITKUBE_DATA: join(stateFolder, 'data'),
      GITKUBE_SSH_LISTEN: '127.0.0.1:0',
      GITKUBE_KUBECONFIG: cluster.kubeconfig,
      GITKUBE_ENGINE: cluster.engine,
      GITKUBE_REGISTRY: cluster.registry,
      GITKUBE_INSECURE_REGISTRIES: cluster.registry,
    },
  });
  const log = createWriteStream(logFile);
  child.stderr?.pipe(log, { end: false });
  const port = await ready(child, (line) => log.write(`${line}\n`), logFile);
  return { port, logFile, stop: () => stop(child) };
}

function ready(child: ChildProcess, write: (line: string) => void, logFile: string): Promise<number> {
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      write(line);
      const entry = JSON.parse(line) as { msg: string; port: number };
      if (entry.msg === 'ready') resolve(entry.port);
    });
    child.on('exit', (code) => reject(new RigError(`gitkube serve ended with exit code ${code}`, { hint: [logFile] })));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}
