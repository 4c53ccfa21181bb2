import { request } from 'node:http';
import { setInterval as ticks } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Gitkube } from '../support/gitkube.ts';
import { Project } from '../support/project.ts';

const perSecond = 50;

it('a second push fails none of the fifty requests a second that the first version serves', async () => {
  await using gitkube = await Gitkube.start();
  await using project = await Project.create(gitkube, { replicas: 2 });
  await serveGracefully(project);
  expect((await project.push()).code).toBe(0);
  const url = await nodePortUrl(project);
  // The node's packet filter knows the port a moment after the pods are ready.
  await eventually(() => get(url));
  await using load = await Load.start(url);

  await project.write('www/index.html', 'www 2\n');
  await project.commit('second version');
  expect((await project.push()).code).toBe(0);
  await load.untilAnswered('www 2', perSecond);
  // The old pods serve on for a while, and end under load, too.
  await eventually(async () => (await project.list('/api/v1/pods')).length === 2, 60_000);
  await load.stop();

  expect(load.failures).toEqual([]);
  expect(load.pages).toEqual(new Set(['www 1', 'www 2']));
  expect(load.requests).toBeGreaterThan(perSecond);
});

/** What an app needs that is to lose no request: its old pods serve on until every node knows that they go. */
async function serveGracefully(project: Project): Promise<void> {
  const container = { name: 'www', lifecycle: { preStop: { sleep: { seconds: 10 } } } };
  // Just longer than that: httpd as process 1 does not end by SIGTERM, and stays until the time is over.
  const spec = { terminationGracePeriodSeconds: 12, containers: [container] };
  const strategy = { rollingUpdate: { maxUnavailable: 0 } };
  await project.kubectl('patch', 'deployment', 'www', '-p', JSON.stringify({ spec: { strategy, template: { spec } } }));
  await project.kubectl('patch', 'service', 'www', '-p', JSON.stringify({ spec: { type: 'NodePort' } }));
}

async function nodePortUrl(project: Project): Promise<string> {
  const port = await project.kubectl('get', 'service', 'www', '-o', 'jsonpath={.spec.ports[0].nodePort}');
  const path = '{.items[0].status.addresses[?(@.type=="InternalIP")].address}';
  return `http://${await project.kubectl('get', 'nodes', '-o', `jsonpath=${path}`)}:${port}/`;
}

/** Requests at a steady rate, each on a connection of its own, whether or not earlier ones were answered. */
class Load implements AsyncDisposable {
  readonly failures: string[] = [];
  readonly pages = new Set<string>();
  requests = 0;
  readonly #url: string;
  readonly #stop = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  readonly #listeners = new Set<(page: string) => void>();
  #running: Promise<void> = Promise.resolve();

  private constructor(url: string) {
    this.#url = url;
  }

  static async start(url: string): Promise<Load> {
    const load = new Load(url);
    load.#running = load.#run();
    return load;
  }

  /** Resolves when this page has answered so often. */
  async untilAnswered(page: string, times: number): Promise<void> {
    let left = times;
    await new Promise<void>((resolve) => {
      this.#listeners.add((answered) => {
        if (answered === page && --left === 0) resolve();
      });
    });
  }

  /** Resolves when the last request is answered. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await Promise.all(this.#underWay);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #run(): Promise<void> {
    try {
      for await (const _ of ticks(1000 / perSecond, undefined, { signal: this.#stop.signal })) {
        const one = this.#request().finally(() => this.#underWay.delete(one));
        this.#underWay.add(one);
      }
    } catch {
      // On SIGTERM.
    }
  }

  async #request(): Promise<void> {
    this.requests++;
    try {
      const page = await get(this.#url);
      this.pages.add(page);
      for (const listener of this.#listeners) listener(page);
    } catch (error) {
      this.failures.push((error as Error).message);
    }
  }
}

function get(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { agent: false, timeout: 30_000 }, (answer) => {
      let body = '';
      answer.on('data', (chunk) => {
        body += chunk;
      });
      answer.on('end', () =>
        answer.statusCode === 200 ? resolve(body.trim()) : reject(new Error(`HTTP ${answer.statusCode}`)),
      );
      answer.on('error', reject);
    });
    asking.on('timeout', () => asking.destroy(new Error('no answer within 30 s')));
    asking.on('error', reject).end();
  });
}
