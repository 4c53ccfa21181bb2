import { parseArgs } from 'node:util';
import { count } from '../../base/text.ts';
import { stderrProgress } from '../../test/cluster/progress.ts';
import { describeError, RigError } from '../../test/cluster/rig-error.ts';
import { defaultCacheDir } from '../../test/cluster/state.ts';
import { ensureImages, ensureServerImage, packageVersion } from './ensure.ts';
import { imageSize, socketOf, tagImage } from './images-in-engine.ts';
import { publishImage } from './publish.ts';

const usage = `usage: scripts/image [--engine unix:///SOCKET] [--tag NAME]... [--push REGISTRY] [--all] [--bases pull|make]

Builds the image of the Gitkube server, gitkube:<version>.

  --engine ADDRESS   the Docker Engine that builds it (DOCKER_HOST, else unix:///var/run/docker.sock)
  --tag NAME         another name for it; may be given several times
  --push REGISTRY    host[:port][/path]: pushes the images there, too, and prints their names there. A registry without TLS
                     has to be one of the engine's insecure registries.
  --all              the two images that stand beside it in the cluster as well: a Docker Engine, and a registry
  --bases pull       fail where base images cannot be pulled, instead of making equal ones of Debian's packages
  --bases make       make them in any case

Unchanged sources are not built again. The standard output is the names, one a line.`;

const options = {
  engine: { type: 'string' },
  tag: { type: 'string', multiple: true, default: [] as string[] },
  push: { type: 'string' },
  all: { type: 'boolean', default: false },
  bases: { type: 'string', default: 'auto' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

async function main(): Promise<void> {
  const { values } = readArguments();
  if (values.help) {
    console.log(usage);
    return;
  }
  const started = performance.now();
  const engine = values.engine ?? process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock';
  const socket = socketOf(engine);
  const wanted = { engine, cacheDir: defaultCacheDir(process.env), progress: stderrProgress, bases: basesOf(values) };
  const images = values.all ? await ensureImages(wanted) : { server: await ensureServerImage(wanted) };
  const aliases = [`gitkube:${await packageVersion()}`, ...values.tag];
  for (const alias of aliases) await tagImage(socket, images.server, alias);
  const names = [...aliases, ...Object.values(images)];
  const made = Object.values(images).map(async (name) => `${name} (${await imageSize(socket, name)} MB)`);
  stderrProgress.line(`${(await Promise.all(made)).join(', ')}`);
  // What is pushed is what a cluster pulls: `image=$(scripts/image --push …)` is one name.
  const printed = values.push === undefined ? names : await pushAll(socket, Object.values(images), values.push);
  stderrProgress.line(`${count(printed.length, 'name')} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  console.log(printed.join('\n'));
}

function pushAll(socket: string, names: readonly string[], registry: string): Promise<string[]> {
  return Promise.all(
    names.map((name) => stderrProgress.step(`push ${name}`, () => publishImage(socket, name, registry))),
  );
}

function basesOf({ bases }: { bases: string }): 'auto' | 'pull' | 'make' {
  if (bases === 'auto' || bases === 'pull' || bases === 'make') return bases;
  throw new RigError(`--bases ${bases}: neither pull nor make`, { hint: ['scripts/image --help'] });
}

function readArguments() {
  try {
    return parseArgs({ options });
  } catch (error) {
    throw new RigError(error instanceof Error ? error.message : String(error), { hint: ['scripts/image --help'] });
  }
}

try {
  await main();
} catch (thrown) {
  for (const line of describeError(thrown)) console.error(line);
  process.exitCode = 1;
}
