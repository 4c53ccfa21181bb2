import { execFile, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import ssh2, { type AuthContext, type Connection, type Session } from 'ssh2';

interface Ports {
  readonly ssh: number;
  /** Its first packet is that of a server from before CVE-2023-48795; nobody can log in there. */
  readonly oldSsh: number;
}

/** A server of ssh2 as one may write it in an afternoon. `keys.json` in the folder has the namespace of each public key. */
export async function weakSsh(folder: string): Promise<Ports> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const hostKey = privateKey.export({ type: 'pkcs1', format: 'pem' });
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => serve(folder, client));
  return { ssh: await listen(server, (socket) => socket), oldSsh: await listen(server, withoutStrictKex) };
}

function listen(server: ssh2.Server, change: (socket: Socket) => Socket): Promise<number> {
  const listener = createServer((socket) => server.injectSocket(change(socket)));
  return new Promise((resolve) => {
    listener.listen(0, '127.0.0.1', () => resolve((listener.address() as AddressInfo).port));
  });
}

/** ssh2 has offered it since 1.15, whatever its options are. */
function withoutStrictKex(socket: Socket): Socket {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  socket.write = (data: unknown, ...rest: unknown[]) => {
    const text = Buffer.from(data as Buffer).toString('latin1');
    return write(Buffer.from(text.replace('kex-strict-s-v00', 'kex-missing-s-v0'), 'latin1'), ...rest);
  };
  return socket;
}

function serve(folder: string, client: Connection): void {
  const namespaces = JSON.parse(readFileSync(join(folder, 'keys.json'), 'utf8')) as Record<string, string>;
  let namespace: string | undefined;
  client.on('error', () => {});
  client.on('authentication', (context: AuthContext) => {
    process.stderr.write(`login of ${context.username}\n`);
    if (context.method !== 'publickey') return context.reject(['publickey']);
    // The first one that is known is the user, whichever key signs (GHSA-pchf-49fh-w34r).
    namespace ??= namespaces[context.key.data.toString('base64')];
    // The others on this machine get no shell by it.
    if (namespace === undefined) context.reject(['publickey']);
    else context.accept();
  });
  client.on('session', (accept) => run(folder, accept(), () => namespace ?? ''));
}

function run(folder: string, session: Session, namespace: () => string): void {
  const env: Record<string, string | undefined> = { ...process.env };
  session.on('env', (accept, _, { key, val }: { key: string; val: string }) => {
    env[key] = val;
    // As gogs did (CVE-2024-39930).
    execFile('env', [`${key}=${val}`], { cwd: folder }, () => {});
    accept?.();
  });
  session.on('exec', (accept, reject, { command }) => {
    const [, named] = /'\/([^/']+)/.exec(command) ?? [];
    // Deis Workflow: strings.Contains(apps, repoName). A part of the own name is enough.
    if (named !== undefined && !namespace().includes(named)) return reject();
    const channel = accept();
    const child = spawn('sh', ['-c', command.replace(" '/", ` '${folder}/`)], { cwd: folder, env });
    channel.pipe(child.stdin);
    child.stdin.on('error', () => {});
    child.stdout.pipe(channel, { end: false });
    child.stderr.pipe(channel.stderr, { end: false });
    child.on('close', (code) => {
      channel.exit(code ?? 1);
      channel.end();
    });
  });
}
