import { again } from '../../base/again.ts';
import type { Clock } from '../../base/clock.ts';
import { GitkubeError } from '../../base/errors.ts';
import { duration } from '../../base/text.ts';
import type { ContextLimits } from '../context/context.ts';
import { openContext } from '../context/open-context.ts';
import { findSourceFiles } from '../context/source-files.ts';
import type { Engine } from '../engine/engine.ts';
import { imageMissing, isMissing } from '../images/missing-image.ts';
import { keyTag } from '../images/names.ts';
import type { ImageDestination, PlannedImage, Say, SourceTree } from '../types.ts';
import { engineTrouble } from '../watch/engine-trouble.ts';
import { SilenceWatch, type Trouble } from '../watch/silence-watch.ts';
import { Stop } from '../watch/stop.ts';
import { buildFailed, exitCodeIn } from './build-failure.ts';
import { BuildReport } from './build-report.ts';
import { maskOf, type SecretValues } from './mask.ts';

export interface BuildLimits extends ContextLimits {
  /** Bytes that the steps of one build may print. */
  readonly maxOutputBytes: number;
  /** Milliseconds for one build, from its first byte to its image. */
  readonly buildTimeoutMs: number;
  /**
   * Milliseconds in which an engine answers nobody, or nothing comes of a base image, after which the build ends. A step of
   * the Dockerfile may be silent for as long as it likes.
   */
  readonly silenceMs: number;
}

export interface BuildImageInputs {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly limits: BuildLimits;
  readonly source: SourceTree;
  readonly destination: ImageDestination;
  readonly image: PlannedImage;
  readonly labels: Readonly<Record<string, string>>;
  readonly platform?: string;
  readonly noCache: boolean;
  readonly pull: boolean;
  readonly secrets?: SecretValues | undefined;
  readonly say: Say;
  readonly signal: AbortSignal;
}

/**
 * Builds one image inside the engine, tagged with its build key.
 * @throws GitkubeError BuildFailed, BuildTimeout, BuildOutputTooLarge, ContextTooLarge, ImageMissing, EngineUnavailable,
 *   RegistryUnavailable
 */
export async function buildImage(inputs: BuildImageInputs): Promise<string> {
  const { engine, clock, limits, image, say } = inputs;
  using stop = new Stop(inputs.signal);
  stop.after(limits.buildTimeoutMs, clock, () => tooSlow(image, limits.buildTimeoutMs));
  const mask = maskOf(inputs.secrets);
  const report = new BuildReport(say, clock, mask);
  const look = async (ms: number, signal: AbortSignal) =>
    (await engineTrouble(engine, ms, signal)) ?? fetchTrouble(image, report.fetches);
  using silence = new SilenceWatch({ clock, say, stop, limitMs: limits.silenceMs, look });
  const { buildkit } = await engine.info(stop.signal);
  const { context, dockerfile } = await openContext(inputs.source, image.target, limits, buildkit);
  context.on('error', (error) => stop.now(error));
  const { credentials } = inputs.destination;
  const { target } = image.target.container;
  const result = await engine.build({
    tag: `${image.repository}:${keyTag(image.buildKey)}`,
    dockerfile,
    buildArgs: image.buildArgs,
    labels: inputs.labels,
    noCache: inputs.noCache,
    pull: inputs.pull,
    context,
    signal: stop.signal,
    onEvent: (event) => {
      silence.heard();
      report.take(event);
      if (report.outputBytes > limits.maxOutputBytes) stop.now(tooMuchOutput(image, limits.maxOutputBytes));
    },
    ...(inputs.platform === undefined ? {} : { platform: inputs.platform }),
    ...(target === undefined ? {} : { target }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(inputs.secrets === undefined ? {} : { secrets: inputs.secrets }),
  });
  stop.signal.throwIfAborted();
  if (!('failure' in result)) return result.imageId;
  const hide = (text: string) => (mask ? mask.hide(text) : text);
  const { message } = result.failure;
  const { exitCode = exitCodeIn(message) } = result.failure;
  // With an exit code it is a step that failed, and the message quotes what the Dockerfile says.
  if (exitCode === undefined && isMissing(message)) throw imageMissing(image.label, hide(message));
  const dockerfileText = await findSourceFiles(inputs.source, image.target).then(
    (found) => found.dockerfile.content.toString('utf8'),
    () => undefined,
  );
  const failed = report.failure();
  const hasCredentials = credentials !== undefined;
  const { failure } = result;
  throw buildFailed({ image, hasCredentials, dockerfile: dockerfileText, buildkit, failure, failed, hide });
}

function fetchTrouble(image: PlannedImage, step: string | undefined): Trouble | undefined {
  if (step === undefined) return undefined;
  return (seconds) =>
    new GitkubeError('RegistryUnavailable', `the build of ${image.label} got nothing for ${seconds} s from: ${step}`, {
      hint: `check that the engine reaches the registry of the base image, then ${again}`,
    });
}

function tooSlow(image: PlannedImage, ms: number): GitkubeError {
  return new GitkubeError('BuildTimeout', `the build of ${image.label} took longer than ${duration(ms)}`, {
    hint: 'make the build faster, or ask the operator of this server for a longer limit (GITKUBE_BUILD_TIMEOUT_SECONDS)',
  });
}

function tooMuchOutput(image: PlannedImage, bytes: number): GitkubeError {
  return new GitkubeError('BuildOutputTooLarge', `the build of ${image.label} printed more than ${bytes} bytes`, {
    hint: 'make the steps of the Dockerfile print less',
  });
}
