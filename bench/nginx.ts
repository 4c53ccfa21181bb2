import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stderrProgress } from '../test/cluster/progress.ts';
import { defaultCacheDir } from '../test/cluster/state.ts';
import { unpackedPackages } from '../test/cluster/unpacked.ts';
import { must } from '../test/support/command.ts';
import { eventually } from '../test/support/eventually.ts';
import { answers, freePort } from './free-port.ts';

export interface NginxOptions {
  /** A folder with tls.crt and tls.key. */
  readonly certificates: string;
  readonly user: string;
  readonly password: string;
}

/** Bare repositories by `git http-backend` (git-http-backend(1)) behind nginx with fcgiwrap: the rival for HTTPS. */
export class Nginx implements AsyncDisposable {
  readonly #port: number;
  readonly #folder: string;
  readonly #children: readonly ChildProcess[];

  private constructor(port: number, folder: string, children: readonly ChildProcess[]) {
    this.#port = port;
    this.#folder = folder;
    this.#children = children;
  }

  static async start(options: NginxOptions): Promise<Nginx> {
    const files = await unpackedPackages(
      ['nginx', 'fcgiwrap', 'libfcgi0ldbl'],
      defaultCacheDir(process.env),
      stderrProgress,
    );
    const folder = await mkdtemp(join(tmpdir(), 'gitkube-nginx-'));
    const port = await freePort();
    await writeFile(join(folder, 'passwords'), `${options.user}:{PLAIN}${options.password}\n`);
    await writeFile(join(folder, 'nginx.conf'), configuration(folder, port, options));
    const socket = join(folder, 'fcgi.sock');
    const wrap = spawn(join(files, 'usr/sbin/fcgiwrap'), ['-c', '4', '-s', `unix:${socket}`], {
      env: { ...process.env, LD_LIBRARY_PATH: await libraries(files) },
      stdio: 'ignore',
      // Its workers do not end with it.
      detached: true,
    });
    await eventually(async () => existsSync(socket));
    const nginx = spawn(join(files, 'usr/sbin/nginx'), ['-p', folder, '-c', join(folder, 'nginx.conf')], {
      stdio: ['ignore', 'ignore', 'inherit'],
      detached: true,
    });
    await eventually(() => answers(port));
    return new Nginx(port, folder, [nginx, wrap]);
  }

  /** @returns its URL */
  async repository(name: string, config: Readonly<Record<string, string>>): Promise<string> {
    const path = join(this.#folder, `${name}.git`);
    await must('git', ['init', '-q', '--bare', path]);
    for (const [key, value] of Object.entries(config)) await must('git', ['-C', path, 'config', key, value]);
    return `https://127.0.0.1:${this.#port}/${name}.git`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      const gone = once(child, 'exit');
      process.kill(-(child.pid as number), 'SIGTERM');
      await gone;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function libraries(files: string): Promise<string> {
  const all = await readdir(files, { recursive: true, withFileTypes: true });
  return all.find(({ name }) => name === 'libfcgi.so.0')?.parentPath ?? '';
}

/** Nothing is buffered that can do without, so that git begins with the first bytes, as behind Gitkube. */
function configuration(folder: string, port: number, { certificates }: NginxOptions): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
user root; daemon off; worker_processes auto; pid ${folder}/nginx.pid; error_log stderr error;
events { }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${certificates}/tls.crt; ssl_certificate_key ${certificates}/tls.key;
    client_max_body_size 0;
    location / {
      auth_basic git; auth_basic_user_file ${folder}/passwords;
      fastcgi_pass unix:${folder}/fcgi.sock; fastcgi_request_buffering off; fastcgi_buffering off; fastcgi_read_timeout 1h;
      fastcgi_param SCRIPT_FILENAME /usr/lib/git-core/git-http-backend;
      fastcgi_param GIT_PROJECT_ROOT ${folder}; fastcgi_param GIT_HTTP_EXPORT_ALL 1; fastcgi_param PATH_INFO $uri;
      fastcgi_param REMOTE_USER $remote_user; fastcgi_param REQUEST_METHOD $request_method;
      fastcgi_param QUERY_STRING $query_string; fastcgi_param CONTENT_TYPE $content_type;
      fastcgi_param CONTENT_LENGTH $content_length; fastcgi_param GIT_PROTOCOL $http_git_protocol;
    }
  }
}
`;
}
