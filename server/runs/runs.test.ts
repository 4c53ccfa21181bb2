import { PassThrough } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
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

  getWorkload = async () => makeDeployment() as never;
  listEvents = async () => [];
  podLog = async () => [];
  readPodLog = async function* () {
    yield* ['1\n2', '\n3\n'].map((text) => Buffer.from(text));
  };
  listPods = async (_namespace: string, selector: string) => {
    expect(selector).toMatch(/^gitkube\.sh\/run,gitkube\.sh\/run!=[0-9a-f]{8}$/);
    const owned = (name: string, uid: string) => ({ metadata: { name, uid: name, ownerReferences: [{ uid }] } });
    return [owned('of-us', 'u1'), owned('of-others', 'u2')] as unknown as V1Pod[];
  };

  createPod = async (_namespace: string, pod: V1Pod) => {
    this.created.push(pod);
    return { ...pod, metadata: { ...pod.metadata, uid: pod.metadata?.name ?? '' } };
  };

  deletePod = async (_namespace: string, name: string) => void this.deleted.push(name);

  watch = ((_collection: Collection, handler: WatchHandler<V1Pod>) => {
    this.#show = (pod) => handler.upsert(pod);
    const isRefused = this.isWithoutShell && this.created.length === 1;
    const startError = { reason: 'StartError', exitCode: 128, message: noShell };
    queueMicrotask(() => this.become(isRefused ? { state: { terminated: startError } } : running));
    return { [Symbol.asyncDispose]: async () => {} };
  }) as unknown as Kube['watch'];

  attachToPod = async (_target: unknown, options: AttachOptions): Promise<Attachment> => {
    this.options = options;
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

function start(): ReturnType<Runs['run']> {
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
  return runs.run(request, client, never);
}

/** The connection to the container breaks, and so much time goes by. */
async function breakFor(ms: number): Promise<void> {
  pods.ended.reject(new Error('broke'));
  await expect.poll(() => clock.delays).toContain(10_000);
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

  it.each<[string, () => unknown, unknown]>([
    ['its client leaves', () => left.abort(new Error('left')), new Error('left')],
    ['its time is over', () => clock.advance(60_000), expect.any(TimeOver)],
    ['the server stops', () => void runs[Symbol.asyncDispose](), expect.objectContaining({ reason: 'ShuttingDown' })],
    ['its connection breaks, and the command goes on', () => breakFor(10_000), new Error('broke')],
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
    const five = Array.from({ length: 5 }, start);
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

it('pods of a server that was killed are deleted, and those of other servers are not', async () => {
  await runs.sweep([remote, remote]);
  expect(pods.deleted).toEqual(['of-us']);
});
