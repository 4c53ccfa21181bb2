/** What becomes of images in the engine. They are busybox on scratch, so nothing is pulled from anywhere. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import { Builder, createEngine, createRegistryClient, type Engine, type SourceTree } from '../../builder/index.ts';
import { callEngine } from '../cluster/engine-api.ts';
import { engineWith } from '../support/engine-with.ts';
import { GitFixture } from '../support/git-source.ts';
import { rig } from '../support/rig.ts';

const { engine: host, registry } = rig();
const socket = host.replace('unix://', '');
const head = 'FROM scratch\nCOPY busybox /bin/busybox\nSHELL ["/bin/busybox","sh","-c"]\n';
const container = { name: 'web', path: 'web', dockerfile: 'web/Dockerfile', buildArgs: [] };

describe.each(['buildkit', 'classic'] as const)('an image that %s has built', (kind) => {
  let run: string;
  let git: GitFixture;
  let lines: string[];
  const engine = createEngine({ host, builder: kind, network: 'none', log: silentLogger });
  beforeEach(() => {
    run = randomBytes(4).toString('hex');
    lines = [];
    git = new GitFixture();
    git.write({ 'web/busybox': readFileSync('/bin/busybox') });
  });
  afterEach(() => git[Symbol.dispose]());

  const builderOf = (engine: Engine): Builder => {
    const parts = { clock: systemClock, log: silentLogger };
    const client = createRegistryClient({ insecureRegistries: [registry], ...parts });
    return new Builder({ ...parts, engine, registry: client, limits: { concurrentBuilds: 2 } });
  };

  async function make(builder: Builder, source: SourceTree, remote = 'r') {
    const options = { signal: new AbortController().signal, noCache: false, say: (line: string) => lines.push(line) };
    const destination = { namespace: `images-${run}`, remote, registryUrl: registry };
    const planned = await builder.plan(source, destination, [{ deployment: 'www', container }], options);
    const [image] = await builder.build(source, destination, planned, options);
    if (!image) throw new Error('no image');
    return { ...image, name: `${image.repository}:key-${image.buildKey}` };
  }

  it('stays on disk only where it is the cache, and every step is found in the cache', async () => {
    await using builder = builderOf(engine);
    const dockerfile = `${head}RUN echo ${run} kept\nCOPY app /app\n`;
    const { name } = await make(builder, git.commit({ 'web/Dockerfile': dockerfile, 'web/app': '1' }));
    const there = () => callEngine(socket, `/images/${name}/json`).then(Boolean, () => false);
    await expect.poll(there).toBe(kind === 'classic');
    lines = [];
    await make(builder, git.commit({ 'web/app': '2' }));
    expect(lines.filter((line) => line === `  ${run} kept`)).toEqual([]);
  });

  it('is built again when somebody removes it before it is pushed', async () => {
    const pushed: string[] = [];
    const pruned = engineWith(engine, {
      push: async (push) => {
        const name = `${push.repository}:${push.tag}`;
        if (pushed.push(name) === 1) await callEngine(socket, `/images/${name}?force=true`, { method: 'DELETE' });
        return engine.push(push);
      },
    });
    await using builder = builderOf(pruned);
    const source = git.commit({ 'web/Dockerfile': `${head}COPY app /app\n`, 'web/app': `pruned ${run}` });
    expect(await make(builder, source)).toMatchObject({ built: true, digest: expect.stringMatching(/^sha256:/) });
    expect(pushed).toHaveLength(2);
    expect(lines).toContainEqual(expect.stringMatching(/^building again: the engine lost the image of www\/web/));
  });

  it('is not removed after the push of one Remote while another Remote still needs it', async () => {
    const isBuilt = Promise.withResolvers<void>();
    const later = Promise.withResolvers<void>();
    const forgotten: string[] = [];
    const watched = engineWith(engine, {
      push: async (push) => {
        if (push.repository.includes('-second-')) {
          isBuilt.resolve();
          await later.promise;
        }
        return engine.push(push);
      },
      forget: async (repository, ...rest) => {
        forgotten.push(repository);
        await engine.forget(repository, ...rest);
      },
    });
    await using builder = builderOf(watched);
    const source = git.commit({ 'web/Dockerfile': `${head}COPY app /app\n`, 'web/app': `shared ${run}` });
    const second = make(builder, source, 'second');
    await isBuilt.promise;
    const first = await make(builder, source, 'first');
    expect(forgotten).toEqual([]);
    later.resolve();
    const both = [first.repository, (await second).repository];
    await expect.poll(() => [...forgotten].sort()).toEqual(both.sort());
  });

  it('is not named when a step fails: the step is, whatever its command prints', async () => {
    await using builder = builderOf(engine);
    const dockerfile = `${head}RUN echo image not known, layer does not exist ${run}; exit 1\n`;
    const failing = make(builder, git.commit({ 'web/Dockerfile': dockerfile }));
    await expect(failing).rejects.toMatchObject({
      reason: 'BuildFailed',
      message: expect.stringContaining('exit code 1: RUN echo image not known'),
    });
    expect(lines.join('\n')).not.toContain('building again');
  });
});
