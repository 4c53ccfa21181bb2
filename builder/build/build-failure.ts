import { again } from '../../base/again.ts';
import { editRemote, inItsNamespace } from '../../base/edit-remote.ts';
import { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import { lineOfBase, lineOfStep, stagesOf } from '../dockerfile/dockerfile-lines.ts';
import type { EngineBuildResult } from '../engine/engine.ts';
import { ownerOf } from '../images/names.ts';
import { nameCredentials } from '../registry/credentials.ts';
import type { ImageTarget } from '../types.ts';
import type { FailedStep } from './build-report.ts';

export interface FailedBuild {
  readonly image: { readonly label: string; readonly target: ImageTarget; readonly repository: string };
  /** Whether it has credentials for the registry that takes the image. */
  readonly hasCredentials: boolean;
  /** Its text; undefined: it cannot be read any more. */
  readonly dockerfile: string | undefined;
  readonly buildkit: boolean;
  readonly failure: Extract<EngineBuildResult, { failure: unknown }>['failure'];
  readonly failed: FailedStep | undefined;
  /** Hides the values of secrets in what the engine says. */
  readonly hide: (text: string) => string;
}

interface Finding {
  /** Where in the Dockerfile, and why. */
  readonly what: string;
  readonly hint: string | readonly string[];
}

/** Why a build failed: which line of the Dockerfile, what it printed, and what to type next. */
export function buildFailed(build: FailedBuild): GitkubeError {
  const { what, hint: next } =
    noFrontend(build) ??
    noStage(build) ??
    noBase(build) ??
    notFound(build) ??
    noSecret(build) ??
    step(build) ??
    parse(build);
  const { hide } = build;
  const evidence = build.failed?.lines ?? [];
  // Without an exit code the words of the engine are the reason.
  const said = exitCodeOf(build) === undefined ? undefined : build.failed?.said;
  const hint = [next].flat().map(hide);
  return new GitkubeError('BuildFailed', `the build of ${build.image.label} failed${hide(what)}`, {
    ...{ evidence, hint, said },
  });
}

export function exitCodeIn(text: string): number | undefined {
  const match = /(?:exit code: |non-zero code: )(\d+)/.exec(text);
  return match ? Number(match[1]) : undefined;
}

function exitCodeOf({ failure, failed }: FailedBuild): number | undefined {
  return failure.exitCode ?? exitCodeIn(failed?.error ?? failure.message);
}

function noFrontend(build: FailedBuild): Finding | undefined {
  if (!/docker\/dockerfile/.test(build.failure.message) || exitCodeOf(build) !== undefined) return undefined;
  const hint =
    "remove the '# syntax=' line of the Dockerfile to use the built-in frontend: the engine cannot fetch this one";
  return { what: stepWords(build) ?? `: ${withoutPath(build.failure.message)}`, hint };
}

function noStage({ failure, image, dockerfile = '' }: FailedBuild): Finding | undefined {
  if (!/target stage .* could not be found|failed to reach build target/.test(failure.message)) return undefined;
  const { container } = image.target;
  const stages = stagesOf(dockerfile);
  const known = stages.length > 0 ? `it has ${stages.join(', ')}` : 'none of its stages has a name';
  return {
    what: `: ${container.dockerfile} has no stage named ${container.target}: ${known}`,
    hint: `name the stage in the Dockerfile (FROM <image> AS ${container.target}), or correct 'target' of ${ownerOf(image.target)}: ${editRemote}`,
  };
}

/** BuildKit asks the registry of a base image before it begins. */
function noBase(build: FailedBuild): Finding | undefined {
  const { failed, image, dockerfile = '' } = build;
  const [, base] = /^\[internal\] load metadata for (\S+)$/.exec(failed?.step ?? '') ?? [];
  if (base === undefined || !failed) return undefined;
  const host = base.split('/')[0] ?? '';
  const cause = failed.error
    .replace(/^(?:failed to resolve source metadata for \S+: |failed to do request: |Head "[^"]*": )+/, '')
    .replace(/^pulling from host (\S+) failed with status code \[[^\]]*\]: /, '$1 answers ')
    .replace(`${base}: `, '');
  return {
    what: ` at ${where(image, lineOfBase(dockerfile, base))}: base image ${base} cannot be pulled: ${cause}`,
    hint: baseHint(cause, host, base, build),
  };
}

function baseHint(cause: string, host: string, base: string, build: FailedBuild): string | string[] {
  if (/\b40[13]\b|denied|unauthorized|authorization/i.test(cause)) {
    return ['correct the image name in FROM', ...privateBase(host, base, build)];
  }
  if (/not found/i.test(cause))
    return `correct the name or the tag in FROM; to check it, type: docker manifest inspect ${base}`;
  return `check that the Docker Engine reaches ${host}, and ${again}`;
}

/** A build has credentials for one registry: that which takes its images. */
function privateBase(host: string, base: string, { image, hasCredentials }: FailedBuild): string[] {
  const [own] = image.repository.split('/');
  if (own !== undefined && own !== host) {
    const only = 'a build can have credentials for that registry only';
    const move = `or push the private image to ${own}, and name it in FROM: ${only}`;
    return hasCredentials ? [move] : [move, nameCredentials(own, ', if it asks for any to pull')];
  }
  if (!hasCredentials) return [nameCredentials(host)];
  const repository = base.slice(host.length + 1).replace(/[:@].*$/, '');
  return [`let the user in spec.registry.credentials pull ${repository}`];
}

/** COPY or ADD of what the context does not have. */
function notFound(build: FailedBuild): Finding | undefined {
  const { failed, failure, image } = build;
  const error = failed?.error ?? failure.message;
  if (!/"[^"]+"(?:: | )not found|file not found in build context|: file does not exist/.test(error)) return undefined;
  if (!/^(?:\[[^\]]*\] )?(?:COPY|ADD) /i.test(failed?.step ?? 'COPY ')) return undefined;
  const { path } = image.target.container;
  const folder = path === '.' ? 'the repository' : path;
  const [instruction = 'COPY'] = /\b(?:COPY|ADD)\b/i.exec(failed?.step ?? '') ?? [];
  return {
    what: stepWords(build) ?? `: ${withoutPath(failure.message)}`,
    hint: `correct the path in ${instruction}, or commit the file in ${folder}, which is the build context; check that no .dockerignore excludes it`,
  };
}

function noSecret(build: FailedBuild): Finding | undefined {
  const step = build.failed?.step ?? '';
  const what = stepWords(build) ?? '';
  if (/--mount=\S*type=ssh\b/.test(step)) return { what, hint: withoutAgent };
  const id = missingSecret(step, build.image.target);
  if (id === undefined) return undefined;
  const entry = `{name: ${id}, secret: <name>, key: ${id}}`;
  return {
    what,
    hint: [
      'correct id in RUN --mount, or give the build the file by a Secret, as the next two lines do',
      `create the Secret: ${inItsNamespace} create secret generic <name> --from-file=${id}=<file>`,
      `add ${entry} to 'secrets' of ${ownerOf(build.image.target)}: ${editRemote}`,
    ],
  };
}

const withoutAgent = [
  'remove --mount=type=ssh from the Dockerfile: a build gets no SSH agent, and a private key must not be committed or copied into an image',
  'commit the files that this step downloads with the key, or use a base image that has them',
  'name a Secret in the pod template if the running container needs the key',
];

/** One that the step mounts and the Remote does not name: without `id` it has the name of its target. */
function missingSecret(step: string, { container }: ImageTarget): string | undefined {
  const mounts = [...step.matchAll(/--mount=(\S*\btype=secret\b\S*)/g)].map(([, options = '']) => options);
  const ids = mounts.flatMap((options) => {
    const [, id] = /(?:^|,)id=([^,]+)/.exec(options) ?? [];
    const [, target] = /(?:^|,)(?:target|dst|destination)=(?:[^,]*\/)?([^,/]+)/.exec(options) ?? [];
    return id ?? target ?? [];
  });
  return ids.find((id) => !container.secrets?.some(({ name }) => name === id));
}

/** Podman, and Docker before 18.09. */
export function noSecrets(label: string, engine: string): GitkubeError {
  return new GitkubeError('BuildFailed', `the build of ${label} needs secrets, and ${engine} builds without BuildKit`, {
    hint: 'ask the operator of the server for a Docker Engine of version 18.09 or newer, which has BuildKit',
  });
}

function step(build: FailedBuild): Finding | undefined {
  const what = stepWords(build);
  return what === undefined ? undefined : { what, hint: reproduce(build) };
}

/** The Dockerfile itself is wrong, or the engine. */
function parse(build: FailedBuild): Finding {
  const { failure, image, dockerfile = '', buildkit } = build;
  const { dockerfile: name } = image.target.container;
  const message = `: ${withoutPath(failure.message)}`.replace(
    /^: dockerfile parse error (?:on )?line (\d+): /i,
    (_, line: string) => ` at ${name} line ${line}: `,
  );
  const hereDocument =
    !buildkit && /unknown instruction/i.test(message) && /^\s*(?:RUN|COPY)\b.*<<-?['"]?\w/im.test(dockerfile);
  const hint = hereDocument
    ? `write the lines as one RUN, joined by && \\: this engine has no BuildKit, and so no here-documents (<<EOF)`
    : reproduce(build);
  return { what: message, hint };
}

function stepWords(build: FailedBuild): string | undefined {
  const { failed, image, dockerfile = '' } = build;
  if (failed === undefined) return undefined;
  const exit = exitCodeOf(build);
  const why =
    exit === undefined
      ? failed.error.replace(/: not found: not found$| not found: not found$/, ' not found')
      : `exit code ${exit}`;
  const line = lineOfStep(dockerfile, failed.step);
  if (line === undefined) return ` at ${failed.step}: ${why}`;
  return ` at ${where(image, line)}: ${why}: ${plain(failed.step.replace(/^\[[^\]]*\] /, ''), 80)}`;
}

function where({ target }: FailedBuild['image'], line: number | undefined): string {
  const { dockerfile } = target.container;
  return line === undefined ? dockerfile : `${dockerfile} line ${line}`;
}

function reproduce({ image }: FailedBuild): string {
  const { dockerfile, path, target, buildArgs, secrets = [] } = image.target.container;
  const options = [
    ...['--file', quoted(dockerfile)],
    ...(target === undefined ? [] : ['--target', quoted(target)]),
    // Its value may be a token.
    ...buildArgs.flatMap(({ name }) => ['--build-arg', `${name}=<value>`]),
    ...secrets.flatMap(({ name }) => ['--secret', `id=${name},src=<file>`]),
  ];
  return `fix it, commit, and push again; to reproduce it, type: docker build ${options.join(' ')} ${quoted(path)}`;
}

function quoted(word: string): string {
  return /^[\w./@:=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** BuildKit says where inside of itself it was; the pusher wants what comes after. */
function withoutPath(message: string): string {
  return message.replace(/^(?:failed to solve(?: with frontend [\w.]+)?: |failed to create LLB definition: )+/, '');
}
