import { PassThrough } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import { makeDeployment, makePod } from '../../deployer/testing/objects.ts';
import type { Attachment, AttachOptions, Collection, Kube, V1Pod, WatchHandler } from '../../kube/index.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { RunClient } from './client.ts';
import type { RunRequest } from './one-run.ts';
import { Runs, TimeOver } from './runs.ts';

const remote = {
  ...{ id: 'ns/app', namespace: 'ns', name: 'app', uid: 'u1', rolloutTimeoutSeconds: 60 },
} as unknown as Remote;
const request: RunRequest = {
  remote,
  chosen: { workload: { kind: 'Deployment', namespace: 'ns', name: 'www' }, container: 'app' },
  ...{ image: 'r/app@sha256:1', command: ['ls'], tty: false, timeoutSeconds: 60, by: 'ada' },
};
const running = { state: { running: {} } };
const noShell = 'exec: "sh": executable file not found in $PATH';

/** A cluster whose pods do what a test says. */
class Pods implements Pick<Kube, 'createPod' | 'deletePod' | 'listPods' | 'getWorkload' | 'watch' | 'listEvents'> {
  readonly created: V1Pod[] = [];
  readonly deleted: string[] = [];
  readonly written: string[] = [];
  /** Of what is attached last. */
  options: AttachOptions | undefined;
  paused = false;
  readonly ended = Promise.withResolvers<void>();
  isWithoutShell = false;
  #show: (pod: V1Pod) => void = () => {};

  env: object[] = [];
  canDelete = true;
  canAttach = true;
  listed = 0;

  getWorkload = async () => {
    const spec = { containers: [{ name: 'app', env: this.env }] };
    return makeDeployment({ spec: { template: { spec } } }) as never;
  };
  listEvents = async () => [];
  podLog = async () => [];
  readPodLog = async function* () {
    yield* ['1\n2', '\n3\n'].map((text) => Buffer.from(text));
  };
  listPods = async (_namespace: string, selector: string) => {
    expect(selector).toBe('gitkube.sh/run');
    this.listed++;
    const owned = (name: string, uid: string) => ({ metadata: { name, uid: name, ownerReferences: [{ uid }] } });
    const deleting = { metadata: { ...owned('deleting', 'u1').metadata, deletionTimestamp: new Date() } };
    const left = this.created.filter(({ metadata }) => !this.deleted.includes(metadata?.name ?? ''));
    return [owned('of-us', 'u1'), owned('of-others', 'u2'), deleting, ...left] as unknown as V1Pod[];
  };

  createPod = async (_namespace: string, pod: V1Pod) => {
    this.created.push(pod);
    return { ...pod, metadata: { ...pod.metadata, uid: pod.metadata?.name ?? '' } };
  };

  deletePod = async (_namespace: string, name: string) => {
    if (!this.canDelete) throw new GitkubeError('ClusterForbidden', 'may not delete');
    this.deleted.push(name);
  };

  watch = ((_collection: Collection, handler: WatchHandler<V1Pod>) => {
    this.#show = (pod) => handler.upsert(pod);
    const isRefused = this.isWithoutShell && this.created.length === 1;
    const startError = { reason: 'StartError', exitCode: 128, message: noShell };
    queueMicrotask(() => this.become(isRefused ? { state: { terminated: startError } } : running));
    return { [Symbol.asyncDispose]: async () => {} };
  }) as unknown as Kube['watch'];

  attachToPod = async (_target: unknown, options: AttachOptions): Promise<Attachment> => {
    this.options = options;
    if (!this.canAttach) throw new GitkubeError('ClusterForbidden', 'the container has ended');
    return {
      ended: this.ended.promise,
      write: async (bytes) => void this.written.push(bytes.toString()),
      endInput: () => this.written.push('end') > 0,
      resize: () => {},
      pause: () => {
        this.paused = true;
      },
      resume: () => {
        this.paused = false;
      },
      [Symbol.dispose]: () => {},
    };
  };

  followPodLog = async function* () {
    yield* [{ at: undefined, text: 'logged' }];
  };

  become(status: object): void {
    const { name, uid } = { name: this.created.at(-1)?.metadata?.name ?? '', uid: '' };
    const pod = makePod({ statuses: [{ name: 'app', ...status } as never] });
    this.#show({
      ...pod,
      spec: this.created.at(-1)?.spec,
      metadata: { ...pod.metadata, name, uid: uid || name },
    } as V1Pod);
  }

  end(exitCode: number): void {
    this.become({ state: { terminated: { exitCode, reason: 'Error' } } });
    this.ended.resolve();
  }
}

let pods: Pods;
let runs: Runs;
let clock: ManualClock;
let left: AbortController;
let printed: string[];
let reading: PromiseWithResolvers<void> | undefined;
let input: PassThrough;
const never = new AbortController().signal;

function start(change: Partial<RunRequest> = {}): ReturnType<Runs['run']> {
  const client: RunClient = {
    input,
    print: (stream, bytes) => {
      printed.push(`${stream} ${bytes}`);
      return reading?.promise;
    },
    say: (line) => void printed.push(`say ${line}`),
    terminal: undefined,
    left: left.signal,
  };
  return runs.run({ ...request, ...change }, client, never);
}

/** The connection to the container breaks, and so much time goes by. */
async function breakFor(ms: number): Promise<void> {
  pods.ended.reject(new Error('broke'));
  await expect.poll(() => clock.delays).toContain(30_000);
  clock.advance(ms);
}

beforeEach(() => {
  pods = new Pods();
  clock = new ManualClock();
  runs = new Runs({ kube: pods as unknown as Kube, clock, log: silentLogger });
  [left, printed, reading, input] = [new AbortController(), [], undefined, new PassThrough()];
});

describe('a run', () => {
  it('opens the gate once it is attached, passes input on to its end, and ends with the exit code', async () => {
    input.end('typed');
    const run = start();
    await expect.poll(() => pods.written.join('|')).toMatch(/^\n\|?typed\|end$/);
    pods.options?.onOutput('stderr', Buffer.from('out'));
    pods.end(7);
    expect(await run).toEqual({ code: 7, reason: 'Error' });
    expect(printed).toEqual(['stderr out']);
    const [pod] = pods.created;
    expect(pod?.spec?.containers[0]?.command).toEqual(['sh', '-c', 'read -r gitkube_gate && exec "$$@"', 'sh', 'ls']);
    expect(pod?.metadata?.labels).toEqual({ 'gitkube.sh/run': expect.any(String), 'gitkube.sh/remote': 'app' });
    expect(pods.deleted).toEqual([pod?.metadata?.name]);
  });

  it('reads no more of its output than its client does', async () => {
    const run = start();
    await expect.poll(() => pods.options).toBeDefined();
    await expect.poll(() => pods.written).toContain('\n');
    reading = Promise.withResolvers();
    pods.options?.onOutput('stdout', Buffer.from('much'));
    expect(pods.paused).toBe(true);
    reading.resolve();
    await expect.poll(() => pods.paused).toBe(false);
    pods.end(0);
    await run;
  });

  it('of an image without a shell begins at once, and is read from its log', async () => {
    pods.isWithoutShell = true;
    const run = start();
    await expect.poll(() => printed).toEqual(['stdout logged\n']);
    pods.end(0);
    expect((await run).code).toBe(0);
    expect(pods.created.map(({ spec }) => spec?.containers[0]?.command?.at(0))).toEqual(['sh', 'ls']);
    expect(pods.options?.output).toBe(false);
    expect(pods.deleted).toHaveLength(2);
  });

  it('with a terminal of an image without a shell that ends before anybody is attached is read from its log', async () => {
    pods.isWithoutShell = true;
    pods.canAttach = false;
    const run = start({ tty: true });
    await expect.poll(() => pods.options).toBeDefined();
    pods.end(3);
    expect((await run).code).toBe(3);
    expect(printed).toEqual(['stdout 1\n2', 'stdout \n3\n']);
  });

  it('of an image without a shell may have printed before anybody was attached: no log was rotated for that', async () => {
    pods.isWithoutShell = true;
    const run = start({ tty: true });
    await expect.poll(() => pods.options).toBeDefined();
    pods.options?.onOutput('stdout', Buffer.from('2\n'));
    pods.ended.reject(new Error('broke'));
    pods.end(3);
    expect((await run).code).toBe(3);
    expect(printed.join()).not.toContain('rotated');
  });

  it('keeps variables whose names a shell would drop, and names those that are lost', async () => {
    const named = (name: string) => ({ name, value: 'x' });
    pods.env = [named('PLAIN'), named('spring.url'), named('odd name'), named('a-b')];
    const run = start();
    await expect.poll(() => pods.written).toContain('\n');
    pods.end(0);
    await run;
    expect(pods.created[0]?.spec?.containers[0]?.command?.slice(3)).toEqual([
      ...['sh', 'env', '--', 'spring.url=$(spring.url)', 'a-b=$(a-b)'],
      'ls',
    ]);
    expect(printed).toEqual([
      'say odd name is not in the environment of the command: a shell keeps no variable of that name',
    ]);
  });

  it.each<[string, () => unknown, unknown]>([
    ['its client leaves', () => left.abort(new Error('left')), new Error('left')],
    ['its time is over', () => clock.advance(60_000), expect.any(TimeOver)],
    ['the server stops', () => void runs[Symbol.asyncDispose](), expect.objectContaining({ reason: 'ShuttingDown' })],
    ['its connection breaks, and the command goes on', () => breakFor(30_000), new Error('broke')],
  ])('ends when %s, and its pod is deleted', async (_, end, thrown) => {
    const run = start();
    run.catch(() => {});
    await expect.poll(() => pods.written).toContain('\n');
    await end();
    await expect(run).rejects.toEqual(thrown);
    expect(pods.deleted).toHaveLength(1);
  });

  it.each([
    ['1\n', ['2\n3\n']],
    ['1\n2\n3\n', []],
    ['0\n', ['2\n3\n', 'some output was lost: the log was rotated']],
    ['1\n2\n3\n4', ['the connection broke as the command ended: the last lines of its output may be missing']],
  ])('whose connection breaks as it ends has its exit code, and what is missing behind %j', async (had, then) => {
    const run = start();
    await expect.poll(() => pods.written).toContain('\n');
    pods.options?.onOutput('stdout', Buffer.from(had));
    pods.ended.reject(new Error('broke'));
    pods.end(7);
    expect((await run).code).toBe(7);
    expect(
      printed
        .slice(1)
        .join('')
        .replaceAll(/stdout |say /g, ''),
    ).toBe(then.join(''));
  });

  it('is refused when there are five of its Remote', async () => {
    const environment = { ...remote, id: 'ns/app/qa', environment: 'qa' };
    const five = Array.from({ length: 5 }, (_, n) => start(n > 2 ? { remote: environment } : {}));
    await expect(start()).rejects.toMatchObject({
      reason: 'ServerBusy',
      message: '5 runs of ns/app are under way, which is the limit',
    });
    left.abort();
    await Promise.allSettled(five);
    left = new AbortController();
    const another = start();
    await expect.poll(() => pods.created.length).toBe(6);
    left.abort();
    await Promise.allSettled([another]);
  });
});

describe('the sweep', () => {
  it('deletes pods of a server that was killed, and none of other servers or of runs under way', async () => {
    const run = start();
    await expect.poll(() => pods.written).toContain('\n');
    runs.start(() => [remote, remote]);
    await expect.poll(() => clock.delays).toContain(300_000);
    expect(pods.deleted).toEqual(['of-us']);
    pods.end(0);
    await run;
  });

  it('deletes the pod of a run whose deletion has failed', async () => {
    const run = start();
    await expect.poll(() => pods.written).toContain('\n');
    pods.canDelete = false;
    pods.end(0);
    await run;
    pods.canDelete = true;
    runs.start(() => [remote]);
    await expect.poll(() => pods.deleted).toEqual(['of-us', pods.created[0]?.metadata?.name]);
  });

  it('is done at the start, and every five minutes until the server stops', async () => {
    runs.start(() => [remote]);
    for (let rounds = 1; rounds <= 3; rounds++) {
      await expect.poll(() => [pods.listed, clock.delays.at(-1)]).toEqual([rounds, 300_000]);
      clock.advance(300_000);
    }
    await expect.poll(() => pods.listed).toBe(4);
    await runs[Symbol.asyncDispose]();
    clock.advance(300_000);
    expect(pods.listed).toBe(4);
  });
});
