import { describe, expect, it } from 'vitest';
import { containerStatus, ended, makePod, type PodOptions, waitingFor } from '../testing/objects.ts';
import { podProblems } from './pod-problems.ts';

const notFound = 'rpc error: code = NotFound desc = failed to pull "r/x@sha256:1": not found';
const refused = 'failed to do request: dial tcp 10.0.0.1:5000: connect: connection refused';

function app(over: object): PodOptions {
  return { statuses: [containerStatus(over)] };
}

function init(over: object): PodOptions {
  return { statuses: [], initStatuses: [containerStatus({ name: 'migrate', ...over })] };
}

// What it says, and after how long it ends the rollout.
const cases: [string, PodOptions, [string, number] | undefined][] = [
  ['runs', {}, undefined],
  ['is being made', app({ state: waitingFor('ContainerCreating') }), undefined],
  [
    'image does not exist, at the first pull',
    app({ state: waitingFor('ErrImagePull', notFound) }),
    ['ImagePullFailed', 0],
  ],
  [
    'image does not exist, backing off',
    app({ state: waitingFor('ImagePullBackOff', notFound) }),
    ['ImagePullFailed', 0],
  ],
  [
    'back-off without a cause (kubelet before 1.31)',
    app({ state: waitingFor('ImagePullBackOff', 'Back-off pulling image "x"') }),
    ['ImagePullFailed', 0],
  ],
  [
    'an image whose name is no cause',
    app({ state: waitingFor('ErrImagePull', `failed to pull image "r/not-found": ${refused}`) }),
    ['ImagePullFailed', 15_000],
  ],
  ['registry does not answer once', app({ state: waitingFor('ErrImagePull', refused) }), ['ImagePullFailed', 15_000]],
  [
    'registry does not answer, backing off',
    app({ state: waitingFor('ImagePullBackOff', `Back-off: ErrImagePull: ${refused}`) }),
    ['ImagePullFailed', 15_000],
  ],
  [
    'first pull fails for a reason nobody knows',
    app({ state: waitingFor('ErrImagePull', 'odd') }),
    ['ImagePullFailed', 15_000],
  ],
  ['no valid image name', app({ state: waitingFor('InvalidImageName', "couldn't parse") }), ['ImagePullFailed', 0]],
  [
    'config',
    app({ state: waitingFor('CreateContainerConfigError', 'configmap "x" not found') }),
    ['ContainerConfigError', 0],
  ],
  [
    'a runtime that is slow',
    app({ state: waitingFor('CreateContainerError', 'context deadline exceeded') }),
    ['ContainerConfigError', 15_000],
  ],
  [
    'a name that the run before still holds',
    app({
      state: waitingFor('CreateContainerError', 'failed to reserve container name "app": name is reserved for "1"'),
    }),
    ['ContainerConfigError', 15_000],
  ],
  [
    'a cache of the kubelet that is slow',
    app({ state: waitingFor('CreateContainerConfigError', 'failed to sync secret cache: timed out waiting') }),
    ['ContainerConfigError', 15_000],
  ],
  ['create', app({ state: waitingFor('CreateContainerError', 'no command specified') }), ['ContainerConfigError', 0]],
  [
    'command not found',
    app({ state: waitingFor('RunContainerError', 'exec: "x": not found') }),
    ['ContainerConfigError', 0],
  ],
  [
    'start error, ended',
    app({ state: ended(128, { reason: 'StartError', message: 'exec: "x": not found' }) }),
    ['ContainerConfigError', 0],
  ],
  ['exited once', app({ state: ended(1) }), undefined],
  ['exited once, running again', app({ state: { running: {} }, restartCount: 1, lastState: ended(1) }), undefined],
  ['exited twice', app({ state: ended(1), restartCount: 1, lastState: ended(1) }), ['ContainerCrashed', 0]],
  [
    'running for the third time',
    app({ state: { running: {} }, restartCount: 2, lastState: ended(1) }),
    ['ContainerCrashed', 0],
  ],
  [
    'crash loop',
    app({ state: waitingFor('CrashLoopBackOff'), restartCount: 1, lastState: ended(1) }),
    ['ContainerCrashed', 0],
  ],
  ['init container runs', init({ state: { running: {} } }), undefined],
  ['init container failed once', init({ state: ended(1) }), undefined],
  [
    'init container failed twice',
    init({ state: ended(1), restartCount: 1, lastState: ended(1) }),
    ['ContainerCrashed', 0],
  ],
  ['init container done', init({ state: ended(0) }), undefined],
  [
    'init container done, after failing twice',
    init({ state: ended(0), restartCount: 2, lastState: ended(1) }),
    undefined,
  ],
  [
    'init container image does not exist',
    init({ state: waitingFor('ErrImagePull', notFound) }),
    ['ImagePullFailed', 0],
  ],
];

describe('the problems of a new pod', () => {
  it.each(cases)('are the expected ones for: %s', (_, options, expected) => {
    const [problem] = podProblems([makePod(options)], new Map());
    expect(problem && [problem.reason, problem.graceMs]).toEqual(expected);
  });

  it('leave out restarts from before the rollout', () => {
    const pod = makePod(app({ state: { running: {} }, restartCount: 9, lastState: ended(1) }));
    expect(podProblems([pod], new Map([['uid-www-1-abc/app', 9]]))).toEqual([]);
    expect(podProblems([pod], new Map([['uid-www-1-abc/app', 7]]))).toHaveLength(1);
  });

  const exits: [string, object, string][] = [
    ['a code', ended(3), 'container app in pod www-1-abc exited with code 3'],
    ['success', ended(0), 'exited with code 0, but it has to keep running'],
    ['memory', ended(137, { reason: 'OOMKilled' }), 'was killed (OOMKilled): it used more memory than its limit'],
    ['a signal', ended(139), 'was killed by signal 11 (SIGSEGV)'],
    ['no command', ended(127), 'exited with code 127 (its command was not found)'],
  ];
  it.each(exits)('put %s into words', (_, state, words) => {
    const pod = makePod(app({ state: waitingFor('CrashLoopBackOff'), restartCount: 1, lastState: state }));
    expect(podProblems([pod], new Map())[0]?.message).toContain(words);
  });

  it('name the memory when the node has not said yet why it killed the container for the second time', () => {
    const lastState = ended(137, { reason: 'OOMKilled' });
    const killed = (state: object) => podProblems([makePod(app({ state, restartCount: 1, lastState }))], new Map());
    expect(killed(ended(137))[0]?.message).toContain('was killed (OOMKilled): it used more memory than its limit');
    expect(killed(ended(1))[0]?.message).toContain('exited with code 1');
  });

  it('are reported for each pod and container', () => {
    const crashed = containerStatus({ state: waitingFor('CrashLoopBackOff'), restartCount: 4, lastState: ended(1) });
    const pods = [makePod({ name: 'a', statuses: [crashed] }), makePod({ name: 'b', statuses: [crashed] })];
    expect(podProblems(pods, new Map()).map(({ key }) => key)).toEqual(['crash uid-a/app', 'crash uid-b/app']);
  });
});

describe('an image that cannot be pulled', () => {
  const url = 'http://10.0.0.1:5000/v2/shop/web/manifests/sha256:1234';
  const failed = `failed to pull and unpack image "10.0.0.1:5000/shop/web": failed to resolve reference "10.0.0.1:5000/shop/web": `;
  const problemOf = (message: string) => {
    const state = waitingFor('ErrImagePull', `${failed}${message}`);
    return podProblems([makePod({ statuses: [containerStatus({ state })] })], new Map())[0];
  };

  it.each(['EOF', 'unexpected EOF'])(
    'because of an %s has the registry as its cause, and the words of the node below',
    (words) => {
      const problem = problemOf(`failed to do request: Head "${url}": ${words}`);
      expect(problem?.message).toBe(
        'the node cannot pull the image of container app in pod www-1-abc: registry 10.0.0.1:5000 closed the connection (new)',
      );
      expect(problem?.raw).toContain(`Head "${url}": ${words}`);
      expect(problem?.graceMs).toBe(15_000);
      expect(problem?.hint?.[0]).toMatch(/^check the log of registry 10\.0\.0\.1:5000/);
    },
  );

  it('because the registry answers 503 is reported with the registry, not with credentials', () => {
    const problem = problemOf(`unexpected status from HEAD request to ${url}: 503 Service Unavailable`);
    expect(problem?.message).toContain('registry 10.0.0.1:5000 answers 503 Service Unavailable');
    expect(problem?.hint?.join()).not.toContain('imagePullSecrets');
    expect(problem?.hint?.[0]).toMatch(/^check the log of registry 10\.0\.0\.1:5000/);
  });

  it('for a reason that says enough keeps its text', () => {
    const problem = problemOf('failed to do request: dial tcp 10.0.0.1:5000: connect: connection refused');
    expect(problem?.message).toContain(': dial tcp 10.0.0.1:5000: connect: connection refused (new)');
    expect(problem?.raw).toBeUndefined();
    expect(problem?.hint?.[0]).toContain('imagePullSecrets');
  });
});
