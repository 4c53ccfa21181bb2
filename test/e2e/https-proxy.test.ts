import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli } from '../support/cli.ts';
import { run } from '../support/command.ts';
import { Gitkube } from '../support/gitkube.ts';
import { addToken, writeNoise } from '../support/https-door.ts';
import { Nginx } from '../support/nginx.ts';
import { Project } from '../support/project.ts';
import { rig } from '../support/rig.ts';

interface Finding {
  readonly check: string;
  readonly level: string;
  readonly message: string;
  readonly fix: readonly string[];
}

const behindProxy = { GITKUBE_GIT_HTTPS_LISTEN: '127.0.0.1:0', GITKUBE_GIT_HTTPS_PROXIES: '127.0.0.1' };

let gitkube: Gitkube;

beforeAll(async () => {
  gitkube = await Gitkube.start(behindProxy);
});
afterAll(() => gitkube[Symbol.asyncDispose]());

/** What the guide gives for nginx. */
async function documented(): Promise<string> {
  const guide = await readFile(join(import.meta.dirname, '../../docs/guides/https.md'), 'utf8');
  const [, directives] = /```nginx\n([^`]*)```/.exec(guide) ?? [];
  if (directives === undefined) throw new Error('the guide has no block for nginx');
  return directives;
}

/** What doctor finds in front of a server at a URL. */
async function findings(url: string, trusted?: string): Promise<Finding[]> {
  const env = {
    ...{ GITKUBE_DATA: gitkube.dataFolder, GITKUBE_SERVER_NAME: gitkube.name, GITKUBE_ENGINE: rig().engine },
    ...{ GITKUBE_KUBECONFIG: rig().kubeconfig, GITKUBE_GIT_HTTPS_LISTEN: '127.0.0.1:8443' },
    ...{ GITKUBE_GIT_HTTPS_URL: url, ...(trusted !== undefined && { NODE_EXTRA_CA_CERTS: trusted }) },
  };
  const { stdout } = await cli(['doctor', '-o', 'json'], { env });
  return (JSON.parse(stdout) as Finding[]).filter(({ check }) => check === 'https');
}

const inShort = (found: readonly Finding[]) => found.map(({ level, message }) => [level, message]);

describe.concurrent('doctor finds in front of git over HTTPS', () => {
  it('what nginx does as it is installed: the limit of a body, and that both ways are buffered', async () => {
    await using nginx = await Nginx.start(gitkube.gitHttpsPort);
    const found = await findings(nginx.url);
    expect(inShort(found)).toEqual([
      ['WARN', `this machine does not trust the certificate of ${nginx.url} (DEPTH_ZERO_SELF_SIGNED_CERT)`],
      ['FAIL', `${nginx.url} answers 413 to a body of 2 MiB: it limits the size of a push`],
      ['FAIL', `${nginx.url} keeps the whole body of a request before it passes it on: buffered`],
      ['FAIL', `${nginx.url} keeps an answer before it passes it on: buffered`],
    ]);
    expect(found.map(({ fix }) => fix[0])).toEqual([
      expect.stringContaining(`http.${nginx.url}/.sslCAInfo`),
      'in nginx, set: client_max_body_size 0;',
      'in nginx, set: proxy_http_version 1.1; proxy_set_header Connection ""; proxy_request_buffering off;',
      'in nginx, set: proxy_buffering off;',
    ]);
  });

  it('nothing with nginx as the guide has it, through which a large push goes', async () => {
    await using nginx = await Nginx.start(gitkube.gitHttpsPort, await documented());
    const url = nginx.url;
    expect(inShort(await findings(url, nginx.certificate))).toEqual([
      ['OK', expect.stringMatching(`^the certificate of ${url} is for 127.0.0.1, until `)],
      ['OK', expect.stringMatching(`^${url} takes 2 MiB at once and passes both ways on as they come, for 16 s; `)],
    ]);
    await using project = await Project.create(gitkube, { replicas: 0 });
    const token = await addToken(project, 'ci');
    await writeNoise(project, 'www/noise', 3_000_000);
    await project.commit('large');
    const pushed = await run('git', ['-C', project.folder, 'push', `${url}/${project.namespace}/app`, 'HEAD:main'], {
      env: {
        ...{ GIT_SSL_CAINFO: nginx.certificate, GIT_TERMINAL_PROMPT: '0', no_proxy: '127.0.0.1' },
        ...{ GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'http.extraHeader' },
        ...{ GIT_CONFIG_VALUE_0: `Authorization: Bearer ${token}` },
      },
    });
    expect(pushed.output).toContain('releases/1');
    expect(pushed.code).toBe(0);
  });

  it('one that ends an answer before its time, and one that reaches no server', async () => {
    await using nginx = await Nginx.start(
      gitkube.gitHttpsPort,
      (await documented()).replace('proxy_read_timeout 1h', 'proxy_read_timeout 2s'),
    );
    const [, cut] = await findings(nginx.url);
    expect(cut).toMatchObject({ level: 'FAIL', message: expect.stringMatching(/ends a slow answer after \d+ s/) });
    expect(cut?.fix[0]).toContain('proxy_read_timeout 1h');
    await using astray = await Nginx.start(9, await documented());
    const [, down, ...others] = await findings(astray.url);
    expect(down).toMatchObject({ level: 'FAIL', message: `${astray.url} answers 502: it does not reach the server` });
    expect(others).toEqual([]);
  });

  it('a proxy that the server does not know, and a port where nobody speaks TLS', async () => {
    await using other = await Gitkube.start({ ...behindProxy, GITKUBE_GIT_HTTPS_PROXIES: '192.0.2.1' });
    await using nginx = await Nginx.start(other.gitHttpsPort, await documented());
    const [, unknown, ...others] = await findings(nginx.url);
    expect(unknown?.message).toBe(`${nginx.url} reaches the server from an address that is none of its proxies`);
    expect(unknown?.fix[0]).toContain('https.proxies');
    expect(others).toEqual([]);
    const [plain] = await findings(`https://127.0.0.1:${gitkube.port}`);
    expect(plain).toMatchObject({ level: 'WARN', message: expect.stringContaining('nothing speaks TLS at') });
  });
});
