import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { makeCertificate } from '../cluster/certificates.ts';
import { findProgram } from '../cluster/packages.ts';
import { eventually } from './eventually.ts';

const ports = [20_000, 25_000] as const;

/** Debian's nginx in front of a server that speaks plain HTTP here: it ends TLS, and for the rest it is as its package has it. */
export class Nginx implements AsyncDisposable {
  readonly url: string;
  /** What its clients trust. */
  readonly certificate: string;
  readonly #folder: string;
  readonly #child: ChildProcess;

  private constructor(port: number, folder: string, child: ChildProcess) {
    this.url = `https://127.0.0.1:${port}`;
    this.certificate = join(folder, 'tls.crt');
    this.#folder = folder;
    this.#child = child;
  }

  /** @param directives of its location, behind proxy_pass */
  static async start(backendPort: number, directives = ''): Promise<Nginx> {
    const folder = await mkdtemp(join(tmpdir(), 'gitkube-nginx-'));
    const names = ['subjectAltName=IP:127.0.0.1', 'basicConstraints=critical,CA:TRUE'];
    await makeCertificate(folder, 'tls', '/CN=127.0.0.1', undefined, names);
    for (;;) {
      const port = randomInt(...ports);
      await writeFile(join(folder, 'nginx.conf'), configuration(folder, port, backendPort, directives));
      const args = ['-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf')];
      const child = spawn(findProgram('nginx') ?? 'nginx', args, { stdio: 'ignore' });
      await eventually(async () => child.exitCode !== null || (await answers(port)));
      if (child.exitCode === null) return new Nginx(port, folder, child);
      const errors = await readFile(join(folder, 'error.log'), 'utf8');
      if (errors.includes('Address already in use')) continue;
      await rm(folder, { recursive: true, force: true });
      throw new Error(errors);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill();
    await ended;
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function configuration(folder: string, port: number, backendPort: number, directives: string): string {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const temporary = kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(' ');
  return `
daemon off; worker_processes 1; user root; pid ${folder}/pid;
events { worker_connections 256; }
http {
  access_log off; ${temporary}
  server {
    listen 127.0.0.1:${port} ssl; ssl_certificate ${folder}/tls.crt; ssl_certificate_key ${folder}/tls.key;
    location / {
      proxy_pass http://127.0.0.1:${backendPort};
      ${directives}
    }
  }
}
`;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  try {
    await once(socket, 'secureConnect');
    return true;
  } catch {
    return false;
  } finally {
    socket.on('error', () => {}).destroy();
  }
}
