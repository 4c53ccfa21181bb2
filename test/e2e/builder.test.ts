import { createHash } from 'node:crypto';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import type { GitkubeError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import {
  Builder,
  type BuilderLimits,
  type BuildOptions,
  createEngine,
  createRegistryClient,
  type Engine,
  type ImageTarget,
  type SourceTree,
} from '../../builder/index.ts';
import { engineWith } from '../support/engine-with.ts';
import { GitFixture } from '../support/git-source.ts';
import { descendants } from '../support/processes.ts';
import { registryJson } from '../support/registry.ts';
import { RegistryProxy } from '../support/registry-proxy.ts';
import { rig } from '../support/rig.ts';

// Needs an engine and a registry only; images are busybox on scratch, so nothing is pulled from anywhere.
const { engine: engineHost, registry } = rig();
const busybox = readFileSync('/bin/busybox');
const head = 'FROM scratch\nCOPY busybox /bin/busybox\nSHELL ["/bin/busybox","sh","-c"]\n';
const run = Math.random().toString(36).slice(2, 10);

let prepared: GitFixture;
beforeAll(() => {
  prepared = new GitFixture();
  prepared.write({ busybox });
  prepared.git('add', '-A');
});
afterAll(() => prepared[Symbol.dispose]());

const repositories: GitFixture[] = [];
afterEach(() => {
  for (const repository of repositories.splice(0)) repository[Symbol.dispose]();
});

/** Its owner disposes of it. */
function makeRepository(): GitFixture {
  const created = new GitFixture();
  // Here git finds busybox as an object, and need not compress it once more.
  const alternates = join(created.folder, '.git/objects/info/alternates');
  writeFileSync(alternates, `${join(prepared.folder, '.git/objects')}\n`);
  created.write({ busybox, 'web/busybox': busybox });
  return created;
}

/** One that is gone after the test. */
function repository(): GitFixture {
  const created = makeRepository();
  repositories.push(created);
  return created;
}

function target(change: Partial<ImageTarget['container']> = {}, deployment = 'www'): ImageTarget {
  return {
    deployment,
    container: { name: 'web', path: 'web', dockerfile: 'web/Dockerfile', buildArgs: [], ...change },
  };
}

interface Attempt extends Partial<BuildOptions> {
  readonly limits?: Partial<BuilderLimits>;
  readonly remote?: string;
  readonly engine?: Engine;
}

const kinds = ['buildkit', 'classic'] as const;
type Kind = (typeof kinds)[number];

function engineOf(kind: Kind, host = engineHost): Engine {
  return createEngine({ host, builder: kind, network: 'none', log: silentLogger });
}

function builderOf(engine: Engine, limits: Partial<BuilderLimits> = {}): Builder {
  const parts = { clock: systemClock, log: silentLogger };
  return new Builder({
    ...parts,
    engine,
    registry: createRegistryClient({ insecureRegistries: [registry], ...parts }),
    limits: { concurrentBuilds: 2, ...limits },
  });
}

function destinationOf(kind: Kind, remote = 'r') {
  return { namespace: `builder-${run}`, remote: `${remote}-${kind}`, registryUrl: registry };
}

function anyPlan() {
  return { signal: new AbortController().signal, noCache: false };
}

async function attemptWith(
  kind: Kind,
  source: SourceTree,
  targets: ImageTarget[],
  { limits, remote, engine = engineOf(kind), ...change }: Attempt = {},
) {
  const lines: string[] = [];
  const options: BuildOptions = { ...anyPlan(), say: (line) => lines.push(line), ...change };
  const builder = builderOf(engine, limits);
  const destination = destinationOf(kind, remote);
  const planned = await builder.plan(source, destination, targets, options);
  const images = await builder.build(source, destination, planned, options);
  return { lines, images };
}

describe.each(kinds)('Builder with %s', (kind) => {
  const attempt = (source: SourceTree, targets: ImageTarget[], change: Attempt = {}) =>
    attemptWith(kind, source, targets, change);

  const plan = (source: SourceTree, targets: ImageTarget[]) =>
    builderOf(engineOf(kind)).plan(source, destinationOf(kind), targets, anyPlan());

  async function imageConfig(reference: string) {
    const [path = '', digest = ''] = reference.slice(registry.length + 1).split('@');
    const get = (what: string) => registryJson(`http://${registry}/v2/${path}/${what}`, accept);
    const accept = 'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json';
    const manifest = (await get(`manifests/${digest}`)) as { config: { digest: string } };
    return (await get(`blobs/${manifest.config.digest}`)) as { config: { Labels: Record<string, string> } };
  }

  /** Its configuration, with the history, and its layers. */
  async function contentOf(reference: string): Promise<Buffer> {
    const [path = '', digest = ''] = reference.slice(registry.length + 1).split('@');
    const accept = 'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json';
    const url = `http://${registry}/v2/${path}`;
    type Part = { readonly digest: string };
    const manifest = (await registryJson(`${url}/manifests/${digest}`, accept)) as { config: Part; layers: Part[] };
    const parts = [manifest.config, ...manifest.layers].map(async (part) => {
      const blob = Buffer.from(await (await fetch(`${url}/blobs/${part.digest}`)).arrayBuffer());
      return blob[0] === 0x1f ? gunzipSync(blob) : blob;
    });
    return Buffer.concat(await Promise.all(parts));
  }

  async function tags(repositoryOf: string): Promise<string[]> {
    const path = repositoryOf.slice(registry.length + 1);
    const answer = (await (await fetch(`http://${registry}/v2/${path}/tags/list`)).json()) as { tags: string[] };
    return answer.tags;
  }

  it('builds a folder of a commit, pushes it, and finds it again', async () => {
    const git = repository();
    const dockerfile = `${head}COPY app /app\nRUN echo made $(/bin/busybox cat /app)\n`;
    const first = git.commit({ 'web/Dockerfile': dockerfile, 'web/app': `hello ${run}` });
    const { lines, images } = await attempt(first, [target()], { pushedBy: 'ann@example.com' });
    const [image] = images;
    expect(image).toMatchObject({ built: true, label: 'www/web' });
    expect(lines).toContain(`  made hello ${run}`);
    const config = await imageConfig(image?.reference ?? '');
    expect(config.config.Labels).toMatchObject({
      'org.opencontainers.image.revision': first.commit,
      'sh.gitkube.build-key': image?.buildKey,
      'sh.gitkube.pushed-by': 'ann@example.com',
    });

    const second = git.commit({ 'README.md': 'outside the context' });
    const again = await attempt(second, [target()]);
    expect(again.lines).toEqual([]);
    expect(again.images).toMatchObject([{ built: false, digest: image?.digest }]);
    const expected = [first.commit, second.commit, `key-${image?.buildKey}`].sort();
    await expect.poll(async () => (await tags(image?.repository ?? '')).sort()).toEqual(expected);

    const forced = await attempt(second, [target()], { noCache: true });
    expect(forced.images).toMatchObject([{ built: true }]);
    expect(forced.lines.join('\n')).not.toContain('cached');
  });

  it.each(['web', 'other'])(
    'hands build args over as they are, and keeps the target stage: Dockerfile in %s',
    async (folder) => {
      const values = ['with space', '"q"', "it's", '$HOME', 'a=b', '', 'two\nlines', 'grün 🚢', '\\', '%20&x=y'];
      const args = values.map((value, index) => ({ name: `A${index}`, value }));
      const print = args.map(({ name }) => `/bin/busybox printf '%s' "$${name}" | /bin/busybox base64`).join('; ');
      const declared = args.map(({ name }) => `ARG ${name}=unset\n`).join('');
      const dockerfile = `${head.replace('scratch', 'scratch AS one')}${declared}RUN : ${run}; ${print}\nFROM nowhere.invalid/x AS two\n`;
      const source = repository().commit({ [`${folder}/Dockerfile`]: dockerfile, 'web/x': `${run} ${folder}` });
      const options = { buildArgs: args, target: 'one', dockerfile: `${folder}/Dockerfile` };
      const { lines, images } = await attempt(source, [target(options)], { noCache: true });
      const { config } = await imageConfig(images[0]?.reference ?? '');
      expect(config.Labels).toMatchObject({ 'sh.gitkube.build-key': images[0]?.buildKey });
      const printed = lines.filter((line) => line.startsWith('  ')).map((line) => line.trim());
      const expected = values.map((value) => Buffer.from(value).toString('base64')).filter((value) => value !== '');
      expect(printed).toEqual(expected);
    },
  );

  if (kind === 'buildkit')
    it('lets a RUN read secrets, which are in no layer, history or line of output', async () => {
      const value = `t0ken-${run}`;
      const read = '--mount=type=secret,id=token,required=true token=$(/bin/busybox cat /run/secrets/token)';
      const print = 'echo "has $token"; echo "$token" | /bin/busybox sha256sum > /sum; test -z "$FAIL"';
      const dockerfile = `${head}ARG FAIL\nRUN ${read}; ${print}\n`;
      const source = repository().commit({ 'web/Dockerfile': dockerfile, 'other/Dockerfile': dockerfile });
      const named = [{ name: 'token', secret: 'npm', key: 'token' }];
      const secrets = new Map([['www/web', new Map([['token', Buffer.from(`${value}\n`)]])]]);
      const sum = createHash('sha256').update(`${value}\n`).digest('hex');
      for (const folder of ['web', 'other']) {
        const image = { dockerfile: `${folder}/Dockerfile`, secrets: named };
        const { lines, images } = await attempt(source, [target(image)], { secrets, noCache: true });
        expect(lines).toContain('  has ***');
        const content = await contentOf(images[0]?.reference ?? '');
        expect([content.includes(sum), content.includes(value), lines.join('\n').includes(value)]).toEqual([
          ...[true, false, false],
        ]);
      }
      const failing = target({ secrets: named, buildArgs: [{ name: 'FAIL', value: 'yes' }] });
      const failure = await attempt(source, [failing], { secrets, noCache: true }).catch(
        (thrown: GitkubeError) => thrown,
      );
      expect(failure).toMatchObject({ reason: 'BuildFailed', message: expect.stringContaining('exit code 1') });
      expect(inspect(failure, { depth: 10 })).not.toContain(value);
    });
  else
    it('refuses secrets before anything is built', async () => {
      const source = repository().commit({ 'web/Dockerfile': head });
      const secrets = [{ name: 'token', secret: 'npm', key: 'token' }];
      await expect(attempt(source, [target({ secrets })])).rejects.toMatchObject({
        reason: 'BuildFailed',
        message: expect.stringMatching(/^the build of www\/web needs secrets, and Docker \S+ builds without BuildKit$/),
      });
    });

  it('hands commit and branch to a Dockerfile that declares them, and finds the images of all others again', async () => {
    const git = repository();
    const declared = `ARG GITKUBE_BRANCH \\\n  # of the push\n  GITKUBE_COMMIT="none"\n`;
    const print = `RUN : ${run}; echo "at <$GITKUBE_COMMIT> of <$GITKUBE_BRANCH>"\n`;
    const first = git.commit({ 'web/Dockerfile': `${head}${declared}${print}`, 'other/Dockerfile': `${head}${print}` });
    const second = git.commit({ 'README.md': 'outside the context' });
    const own = target({ dockerfile: 'other/Dockerfile' }, 'other');
    for (const source of [first, second]) {
      const { lines, images } = await attempt(source, [target(), own], { branch: 'main' });
      expect(lines.join('\n')).toContain(`at <${source.commit}> of <main>`);
      expect(images.map(({ built }) => built)).toEqual([true, source === first]);
    }
    const remotes = target({ buildArgs: [{ name: 'GITKUBE_COMMIT', value: 'own' }] });
    const { lines } = await attempt(second, [remotes], { branch: 'main' });
    expect(lines.join('\n')).toContain('at <own> of <main>');
  });

  it('filters by .dockerignore, and by <Dockerfile>.dockerignore before it', async () => {
    const source = repository().commit({
      'web/Dockerfile': `${head}COPY . /src\nRUN : ${run}; cd /src; /bin/busybox find . -type f | /bin/busybox sort\n`,
      'web/.dockerignore': 'secret\nnode_modules\n!node_modules/keep\nDockerfile\n.dockerignore\n',
      'web/secret': 'x',
      'web/node_modules/drop': 'x',
      'web/node_modules/keep': run,
      'other/Dockerfile': `${head}COPY . /src\nRUN : ${run}; cd /src; /bin/busybox find . -name '[dks]*' | /bin/busybox sort\n`,
      'other/Dockerfile.dockerignore': 'node_modules\n',
    });
    const own = await attempt(source, [target()]);
    expect(own.lines.filter((line) => line.startsWith('  '))).toEqual(
      expect.arrayContaining(['  ./node_modules/keep']),
    );
    expect(own.lines).not.toContain('  ./secret');
    expect(own.lines).not.toContain('  ./node_modules/drop');
    const outside = await attempt(source, [target({ dockerfile: 'other/Dockerfile' })]);
    expect(outside.lines.filter((line) => line.startsWith('  '))).toEqual(['  ./secret']);
  });

  it('copies what the context has: no Dockerfile from elsewhere, and none that is ignored', async () => {
    const list = `COPY . /src\nRUN : ${run} exact; cd /src; /bin/busybox find . -type f | /bin/busybox sort\n`;
    const source = repository().commit({
      'web/busybox.note': run,
      'web/Dockerfile': `${head}${list}`,
      'web/.dockerignore': 'web/Dockerfile\nDocker*\n.dockerignore\n',
      'other/Dockerfile': `${head}${list}`,
      'own/busybox': busybox,
      'own/note': run,
    });
    const copied = async (path: string, dockerfile: string) => {
      const { lines } = await attempt(source, [target({ path, dockerfile })], { noCache: true });
      return lines.filter((line) => line.startsWith('  ./')).map((line) => line.trim());
    };
    expect(await copied('web', 'web/Dockerfile')).toEqual(['./busybox', './busybox.note']);
    expect(await copied('web', 'other/Dockerfile')).toEqual(['./busybox', './busybox.note']);
    expect(await copied('own', 'other/Dockerfile')).toEqual(['./busybox', './note']);
  });

  it('builds where everything is ignored', async () => {
    const source = repository().commit({
      'web/Dockerfile': `FROM scratch\nLABEL run=${run}\nCOPY . /src\n`,
      'web/.dockerignore': '*\n',
    });
    const { images } = await attempt(source, [target()]);
    expect(images).toHaveLength(1);
  });

  it('follows symlinks inside the repository: to the context, the Dockerfile and the ignore file', async () => {
    const git = repository();
    git.write({
      'docker/Dockerfile.web': `${head}COPY . /src\nRUN : ${run} links; cd /src; /bin/busybox find . -type f | /bin/busybox sort\n`,
      'docker/ignored': 'secret\nother\n',
      'web/secret': 'x',
      'web/shown': run,
    });
    symlinkSync('../docker/Dockerfile.web', `${git.folder}/web/Dockerfile`);
    symlinkSync('../docker/ignored', `${git.folder}/web/.dockerignore`);
    symlinkSync('web', `${git.folder}/current`);
    const source = git.commit({ 'web/.dockerignore.note': 'x', 'web/busybox.note': 'x' });
    git.write({ 'docker/ignored': 'secret\n' });
    const linked = git.commit();
    for (const path of ['web', 'current']) {
      const images = target({ path, dockerfile: `${path}/Dockerfile` });
      const { lines } = await attempt(linked, [images], { noCache: true });
      const printed = lines.filter((line) => line.startsWith('  ./')).map((line) => line.trim());
      expect(printed).toEqual(expect.arrayContaining(['./busybox', './shown']));
      expect(printed).not.toContain('./secret');
    }
    // The ignore file counts for the key although the context has its link only.
    const planned = await Promise.all([source, linked].map((one) => plan(one, [target()])));
    expect(planned[0]?.[0]?.buildKey).not.toBe(planned[1]?.[0]?.buildKey);
  });

  it('builds with file names that are not UTF-8, and keeps two that would become one', async () => {
    const git = repository();
    const list = `${head}COPY . /src\nRUN : ${run} names; cd /src; for f in [!bd]*; do echo "$f" | /bin/busybox od -An -tx1; /bin/busybox cat "./$f"; done\n`;
    git.write({ 'web/Dockerfile': list });
    for (const [byte, content] of [
      [0xe8, 'first'],
      [0xe9, 'second'],
    ] as const) {
      writeFileSync(Buffer.concat([Buffer.from(`${git.folder}/web/caf`), Buffer.from([byte])]), `${content} ${run}\n`);
    }
    const long = Buffer.concat([Buffer.from(`${git.folder}/web/z`), Buffer.alloc(200, 0xff)]);
    writeFileSync(long, `long ${run}\n`);
    const { lines } = await attempt(git.commit(), [target()]);
    const text = lines.join('\n');
    expect(text).toMatch(/63 61 66 e8 0a\n +first/);
    expect(text).toMatch(/63 61 66 e9 0a\n +second/);
    expect(text).toMatch(/7a( ff)+[^l]*long/);
  });

  it('ends with the failing step and its exit code, and shows its output once', async () => {
    const dockerfile = `${head}RUN for n in $(/bin/busybox seq 30); do echo line $n; done; echo broken; exit 7\n`;
    const source = repository().commit({ 'web/Dockerfile': dockerfile });
    const lines: string[] = [];
    const failure = attempt(source, [target()], { say: (line) => lines.push(line) });
    await expect(failure).rejects.toMatchObject({
      reason: 'BuildFailed',
      message: expect.stringMatching(
        /^the build of www\/web failed at web\/Dockerfile line \d: exit code 7: RUN for n in /,
      ),
      evidence: [],
    });
    expect(lines.filter((line) => line === '  broken')).toHaveLength(1);
  });

  it('reports what is wrong with a Dockerfile', async () => {
    const source = repository().commit({ 'web/Dockerfile': 'FROM scratch\nFOO bar\n' });
    await expect(attempt(source, [target()])).rejects.toMatchObject({
      reason: 'BuildFailed',
      message: expect.stringMatching(/failed at .*unknown instruction: FOO/),
    });
  });

  it('builds the images of a push side by side, and names whose line it is', async () => {
    const dockerfile = `${head}ARG N\nRUN echo $N ${run}\n`;
    const source = repository().commit({ 'web/Dockerfile': dockerfile });
    const arg = (value: string) => ({ buildArgs: [{ name: 'N', value }] });
    const engine = engineOf(kind);
    const both = Promise.withResolvers<void>();
    let begun = 0;
    const together = engineWith(engine, {
      build: async (build) => {
        if (++begun === 2) both.resolve();
        await both.promise;
        return engine.build(build);
      },
    });
    const targets = [target(arg('a'), 'a'), target(arg('b'), 'b')];
    const { lines, images } = await attempt(source, targets, { engine: together });
    expect(images.map(({ label, built }) => [label, built])).toEqual([
      ['a/web', true],
      ['b/web', true],
    ]);
    expect(lines).toEqual(expect.arrayContaining([`a/web:   a ${run}`, `b/web:   b ${run}`]));
    expect(begun).toBe(2);
  });

  it('runs no more builds at a time than allowed, and says that it waits', async () => {
    const source = repository().commit({ 'web/Dockerfile': `${head}ARG N\nRUN echo $N ${run} one\n` });
    const arg = (value: string) => ({ buildArgs: [{ name: 'N', value }] });
    const targets = [target(arg('a'), 'a'), target(arg('b'), 'b')];
    const { lines } = await attempt(source, targets, { limits: { concurrentBuilds: 1 } });
    expect(lines).toContain('b/web: waiting for other builds to end');
  });

  const endless = `${head}RUN while :; do echo ${'x'.repeat(100)}; done\n`;
  const silent = `${head}RUN /bin/busybox sleep 600\n`;
  it.each<[string, string, Partial<BuilderLimits>]>([
    ['BuildOutputTooLarge', endless, { maxOutputBytes: 100_000 }],
    ['BuildTimeout', silent, { buildTimeoutMs: 3000 }],
    ['ContextTooLarge', silent, { maxContextBytes: 1_000_000 }],
    ['ContextTooLarge', silent, { maxContextEntries: 1 }],
  ])('ends with %s at the limit, and the engine stops', async (reason, dockerfile, limits) => {
    const git = repository();
    const source = git.commit({ 'web/Dockerfile': dockerfile, 'web/x': run });
    await expect(attempt(source, [target()], { limits })).rejects.toMatchObject({ reason });
    await expectNothingOpen();
  });

  it('ends when the push is ended', async () => {
    const push = new AbortController();
    const git = repository();
    // Its own first line shows that the step runs, not only that it is about to.
    const dockerfile = `${head}RUN echo step runs ${run}; exec /bin/busybox sleep 600\n`;
    const source = git.commit({ 'web/Dockerfile': dockerfile, 'web/x': run });
    const say = (line: string) => {
      if (line.endsWith(`  step runs ${run}`)) push.abort(new Error('cancelled'));
    };
    await expect(attempt(source, [target()], { signal: push.signal, say })).rejects.toThrow('cancelled');
    await expectNothingOpen();
  });

  it('ends in all these ways with a Dockerfile that is not in the context, too', async () => {
    const git = repository();
    git.write({ 'other/fails': `${head}RUN echo broken; exit 7\n`, 'other/wrong': 'FROM scratch\nFOO bar\n' });
    git.write({ 'other/sleeps': `${head}RUN echo step runs; exec /bin/busybox sleep 600\n` });
    const source = git.commit({ 'web/x': run });
    const elsewhere = (dockerfile: string, change: Attempt = {}) =>
      attempt(source, [target({ dockerfile: `other/${dockerfile}` })], change);
    await expect(elsewhere('fails')).rejects.toMatchObject({
      reason: 'BuildFailed',
      message: expect.stringMatching(
        /^the build of www\/web failed at other\/fails line \d: exit code 7: RUN echo broken/,
      ),
    });
    await expect(elsewhere('wrong')).rejects.toThrow(/failed at .*unknown instruction: FOO/);
    const limits = { maxContextBytes: 1_000_000 };
    await expect(elsewhere('fails', { limits })).rejects.toMatchObject({ reason: 'ContextTooLarge' });
    const push = new AbortController();
    const say = (line: string) => {
      if (line.endsWith('  step runs')) push.abort(new Error('cancelled'));
    };
    const noCache = true;
    await expect(elsewhere('sleeps', { signal: push.signal, say, noCache })).rejects.toThrow('cancelled');
    await expectNothingOpen();
  });

  it('ends the other images of a push when one fails', async () => {
    const git = repository();
    const source = git.commit({ 'web/Dockerfile': silent, 'other/Dockerfile': `${head}RUN exit 5\n` });
    const failing = target({ dockerfile: 'other/Dockerfile' }, 'bad');
    await expect(attempt(source, [target(), failing])).rejects.toThrow(
      /^the build of bad\/web failed at other\/Dockerfile line \d: exit code 5: /,
    );
    await expectNothingOpen();
  });
});

describe('Builder with any engine', () => {
  let git: GitFixture;
  let source: SourceTree;

  beforeAll(() => {
    git = makeRepository();
    git.write({
      'web/Dockerfile': head,
      evil: '# syntax=evil.example/x\n',
      ign: head,
      'ign.dockerignore': '[',
      dangling: head,
      'odd/.dockerignore/x': 'x',
      large: head,
      'large.dockerignore': 'x\n'.repeat(150_000),
    });
    symlinkSync('/etc/hostname', `${git.folder}/web/link`);
    symlinkSync('round', `${git.folder}/web/round`);
    symlinkSync('nope', `${git.folder}/dangling.dockerignore`);
    source = git.commit({ 'web/x': run });
  });

  afterAll(() => git[Symbol.dispose]());

  const plan = ({ targets = [target()], engine = engineOf('buildkit'), registryUrl = registry }) => {
    const destination = { namespace: 'x', remote: 'x', registryUrl };
    return builderOf(engine).plan(source, destination, targets, anyPlan());
  };

  it.each<[string, Partial<ImageTarget['container']>, string, RegExp]>([
    [
      'no folder',
      { path: 'nope', dockerfile: 'web/Dockerfile' },
      'ContextNotFound',
      /^commit \w{7} has no folder 'nope'$/,
    ],
    ['a file as folder', { path: 'busybox' }, 'ContextNotFound', /'busybox': it is a file$/],
    ['no Dockerfile', { dockerfile: 'web/Nope' }, 'DockerfileNotFound', /'web\/Nope' \(folder 'web' exists\)$/],
    [
      'a link out as Dockerfile',
      { dockerfile: 'web/link' },
      'DockerfileNotFound',
      /'web\/link' is a symlink to '\/etc\/hostname', which is not in the commit$/,
    ],
    [
      'a link in a circle as Dockerfile',
      { dockerfile: 'web/round' },
      'DockerfileNotFound',
      /'web\/round' is a symlink to 'round', after more than 40 others$/,
    ],
    [
      'a link to nothing as ignore file',
      { dockerfile: 'dangling' },
      'ContextInvalid',
      /^'dangling\.dockerignore' cannot be read: 'dangling\.dockerignore' is a symlink to 'nope', which is not in the commit$/,
    ],
    [
      'a folder as ignore file',
      { path: 'odd', dockerfile: 'web/Dockerfile' },
      'ContextInvalid',
      /^'odd\/\.dockerignore' cannot be read: it is a folder$/,
    ],
    [
      'a large ignore file',
      { dockerfile: 'large' },
      'ContextTooLarge',
      /^'large\.dockerignore' is too large: a file has 300000 bytes, more than 262144$/,
    ],
    ['a foreign frontend', { dockerfile: 'evil' }, 'BuildFailed', /asks for the frontend 'evil\.example\/x'/],
    ['a broken ignore file', { dockerfile: 'ign' }, 'BuildFailed', /^ign\.dockerignore line 1 is not a valid pattern/],
  ])('refuses before anything is built: %s', async (_, change, reason, message) => {
    const failure = await plan({ targets: [target(change)] }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ reason, message: expect.stringMatching(message) });
  });

  it('names the address of an engine that is not there', async () => {
    const engine = engineOf('buildkit', 'unix:///nowhere/docker.sock');
    await expect(plan({ engine })).rejects.toMatchObject({
      reason: 'EngineUnavailable',
      kind: 'transient',
      message: expect.stringContaining('unix:///nowhere/docker.sock does not answer (ENOENT)'),
    });
  });

  it('names the host of a registry that is not there', async () => {
    await expect(plan({ registryUrl: '127.0.0.1:65535' })).rejects.toMatchObject({
      reason: 'RegistryUnavailable',
      message: 'the registry 127.0.0.1:65535 does not answer (connection refused)',
    });
  });
});

// They wait most of the time.
describe('Builder', () => {
  it.concurrent.each(kinds)('gives up on a base image that never comes, with %s', async (kind) => {
    await using proxy = await RegistryProxy.start();
    proxy.fault = () => 'stall';
    using git = makeRepository();
    const source = git.commit({ 'web/Dockerfile': `FROM ${proxy.host}/never/${run}\n` });
    const lines: string[] = [];
    const say = (line: string) => lines.push(line);
    const failure = attemptWith(kind, source, [target()], { limits: { silenceMs: 8000 }, say });
    await expect(failure).rejects.toMatchObject({
      reason: 'RegistryUnavailable',
      message: expect.stringMatching(/^the build of www\/web got nothing for 8 s from: .*\/never\//),
    });
    expect(lines.join('\n')).toMatch(/got nothing for \d s from: .*; giving up in \d s/);
  });
});

/** Neither git nor a connection to the engine outlives a build. */
async function expectNothingOpen(): Promise<void> {
  await expect.poll(openPipes).toBeLessThanOrEqual(pipesAtStart);
  await expect.poll(() => descendants(process.pid).filter(({ command }) => command.startsWith('git '))).toEqual([]);
}

function openPipes(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'PipeWrap').length;
}

// What the file before this one in the same process has left is on its way out.
const pipesAtStart = openPipes();
