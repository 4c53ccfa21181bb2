import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GitkubeError } from '../../base/errors.ts';
import type { NamedObject } from '../../kube/index.ts';
import { packageRoot } from '../package-root.ts';
import { type InstallChanges, installObjects, parseManifest } from './manifest.ts';

/**
 * What the chart makes of values files, and of the flags, which win. The release is called gitkube.
 * @throws UsageInvalid without helm, FileUnusable with helm's own words
 */
export async function renderChart(files: readonly string[], changes: InstallChanges): Promise<NamedObject[]> {
  const args = [
    ...['template', 'gitkube', join(packageRoot(), 'manifests/chart'), `--namespace=${changes.namespace}`],
    ...['--no-hooks', '--set=crds.keep=false,persistence.keep=false'],
    ...files.map((file) => `--values=${file}`),
    ...Object.entries(valuesOf(changes)).map(([name, value]) => `--set-json=${name}=${JSON.stringify(value)}`),
  ];
  const rendered = parseManifest(await helm(args));
  // The chart leaves the namespace to helm.
  const namespace = (await installObjects()).filter(({ kind }) => kind === 'Namespace');
  return [...namespace.map((one) => ({ ...one, metadata: { ...one.metadata, name: changes.namespace } })), ...rendered];
}

function valuesOf({ expose, image, engineImage, settings = {} }: InstallChanges): Record<string, unknown> {
  return {
    ...(expose === undefined ? {} : { 'service.type': expose }),
    ...(image === undefined ? {} : imageValues('image', image)),
    ...(engineImage === undefined ? {} : imageValues('builder.image', engineImage)),
    ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [`settings.${name}`, value])),
  };
}

/** `host:5000/path:tag@sha256:…` as the chart's values have it. */
export function imageValues(value: string, image: string): Record<string, string> {
  const [name = '', digest = ''] = image.split('@');
  const [, repository = name, tag = ''] = /^(.*):([^:/]+)$/.exec(name) ?? [];
  return { [`${value}.repository`]: repository, [`${value}.tag`]: tag, [`${value}.digest`]: digest };
}

async function helm(args: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)('helm', args, { maxBuffer: 64 * 1024 * 1024, timeout: 60_000 })).stdout;
  } catch (cause) {
    const { code, stderr = '' } = cause as { code?: unknown; stderr?: string };
    if (code === 'ENOENT') {
      throw new GitkubeError('UsageInvalid', '--values needs helm, which renders the chart, and helm is not in PATH', {
        hint: 'install helm (https://helm.sh), or omit --values: --help lists what flags can set',
        cause,
      });
    }
    const [first = 'helm failed', ...more] = stderr.trim().split('\n');
    throw new GitkubeError('FileUnusable', `helm does not accept these values: ${first.replace(/^Error: /, '')}`, {
      evidence: more,
      hint: 'manifests/chart/values.yaml has every value',
      cause,
    });
  }
}
