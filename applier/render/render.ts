import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { type ByteString, fileIn, textOfBytes } from '../../base/byte-string.ts';
import { editCommand } from '../../base/edit-remote.ts';
import { GitkubeError } from '../../base/errors.ts';
import { count, plain } from '../../base/text.ts';
import type { Kube } from '../../kube/kube.ts';
import type { ManifestsSpec, Remote } from '../../remote-crd/remote.ts';
import { tokensPrefix } from '../../remote-crd/tokens-secret.ts';
import { inBatches } from '../batches.ts';
import { toManifests } from '../objects/objects.ts';
import type { Manifest, ManifestSource, ManifestsKind, Say } from '../types.ts';
import { checkSchemas } from './chart-schemas.ts';
import { type ExportedTree, exportTree, exportTreeWithRepository, readIfFile } from './export-tree.ts';
import { type ReleaseFacts, renderChart } from './helm.ts';
import {
  kustomizationFiles,
  readKustomizations,
  refuseUrls,
  refuseWayOut,
  renderKustomization,
  type TextFile,
  wayOut,
} from './kustomize.ts';
import { parseAll } from './parse.ts';

export interface RenderTools {
  /** `helm`, or a path. */
  readonly helm: string;
  /** `kubectl`, or a path. */
  readonly kubectl: string;
}

export interface RenderWork {
  readonly kube: Pick<Kube, 'getSecret' | 'readPath' | 'serverVersions'>;
  readonly tools: RenderTools;
  readonly remote: Remote;
  readonly spec: ManifestsSpec;
  readonly source: ManifestSource;
  /** Where a temporary folder may be made. */
  readonly scratch: string;
  /** The user that the manifests are applied as. */
  readonly as: string;
  readonly release: ReleaseFacts;
  readonly signal: AbortSignal;
  readonly say: Say;
}

const maxObjects = 1000;

/**
 * The objects that a commit's manifests are, as the repository has them.
 * @throws ManifestsInvalid, ManifestsToolFailed, SecretUnusable
 */
export async function render(
  work: RenderWork,
): Promise<{ readonly kind: ManifestsKind; readonly manifests: Manifest[] }> {
  await checkFolder(work);
  await mkdir(work.scratch, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(work.scratch, 'push-'));
  try {
    return await renderIn(folder, work);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function checkFolder({ source, spec, remote }: RenderWork): Promise<void> {
  const entry = await source.entry(spec.path);
  if (entry?.kind === 'tree') return;
  const there = entry ? `: it is a ${entry.kind === 'blob' ? 'file' : entry.kind}` : '';
  throw new GitkubeError('ManifestsInvalid', `the commit has no folder '${spec.path}' with manifests${there}`, {
    hint: `commit it, or change spec.manifests.path: ${editCommand(remote)}`,
  });
}

async function renderIn(folder: string, work: RenderWork) {
  const { source, spec } = work;
  const home = join(folder, 'home');
  await mkdir(home, { mode: 0o700 });
  const exported = await exportTree(source, spec.path, join(folder, 'files'));
  const kind = kindOf(exported.files);
  const rendered = await renderKind[kind](exported, work, home, folder);
  const manifests = withoutTokens(withoutRemotes(rendered, work.say), work.say);
  if (manifests.length > maxObjects)
    throw new GitkubeError('ManifestsInvalid', `the manifests have more than ${count(maxObjects, 'object')}`);
  if (manifests.length === 0) {
    throw new GitkubeError('ManifestsInvalid', `the folder '${spec.path}' holds no manifests`, {
      hint: 'a Chart.yaml, a kustomization.yaml, or files that end in .yaml, .yml or .json',
    });
  }
  return { kind, manifests };
}

function kindOf(files: readonly ByteString[]): ManifestsKind {
  const has = (name: string) => files.some((file) => file === name);
  if (has('Chart.yaml')) return 'chart';
  return kustomizationFiles.some(has) ? 'kustomization' : 'files';
}

type RenderKind = (exported: ExportedTree, work: RenderWork, home: string, folder: string) => Promise<Manifest[]>;

const renderKind: Readonly<Record<ManifestsKind, RenderKind>> = {
  chart: async (exported, work, home) => {
    const { kube, tools, remote, spec, signal, as, release, say } = work;
    const { helm, path } = spec;
    const archives = await checkSchemas(exported);
    if (archives.length > 0) work.say(`${archives.join(', ')}: values are not checked against the schemas of charts`);
    const skipSchemas = archives.length > 0;
    const how = { kube, program: tools.helm, remote, helm, path, home, signal, skipSchemas, as, release, say };
    const text = await renderChart(exported, how);
    return withoutHooks(await readOutput(text, spec.path, signal), work.say);
  },

  kustomization: async (exported, work, home, folder) => {
    const { tools, spec, source, signal } = work;
    const alone = await readAll(exported, source);
    const needsMore = spec.path !== '.' && wayOut(await readKustomizations(alone, signal)) !== undefined;
    const all = needsMore ? await exportTreeWithRepository(source, spec.path, join(folder, 'repository')) : exported;
    const files = needsMore ? await readAll(all, source) : alone;
    const kustomizations = await readKustomizations(files, signal);
    refuseWayOut(kustomizations);
    await refuseUrls(kustomizations, files, signal);
    const text = await renderKustomization(all, { program: tools.kubectl, path: spec.path, home, signal });
    return readOutput(text, spec.path, signal);
  },

  files: async ({ folder, files }, { spec, say, signal }) => {
    const wanted = files.filter((name) => /\.(ya?ml|json)$/i.test(name) && !/(^|\/)\./.test(name));
    const reading = wanted.map(async (name) => {
      const origin = posix.join(spec.path, plain(textOfBytes(name), 300));
      return { origin, text: await readText(fileIn(folder, name), origin) };
    });
    const texts = await Promise.all(reading);
    const parsed = await parseAll(texts, signal);
    return texts.flatMap(({ origin }, index) =>
      toManifests(parsed[index] ?? [], origin, () => say(`${origin}: is not a Kubernetes object, skipped`)),
    );
  },
};

/** Symlinks inside the repository are followed; one may lead nowhere, or to a folder. */
async function readText(file: Buffer, origin: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'nothing' : code === 'EISDIR' ? 'a folder' : 'nothing that can be read';
    throw new GitkubeError('ManifestsInvalid', `${origin} is a symlink to ${why}`, { cause });
  }
}

/** Through symlinks, too: kustomize follows them. */
async function readAll({ top, topPath }: ExportedTree, source: ManifestSource): Promise<TextFile[]> {
  const listed = await source.list(topPath);
  return inBatches(listed, async ({ path }) => ({
    path: textOfBytes(path),
    origin: posix.join(topPath, plain(textOfBytes(path), 300)),
    // A large file beside the manifests was not written.
    text: (await readIfFile(top, path)).toString('utf8'),
  }));
}

/** helm names the template of each object in a comment before it. */
async function readOutput(output: string, path: string, signal: AbortSignal): Promise<Manifest[]> {
  const parts = output.split(/^---[ \t]*$/m).map((text) => {
    const template = /^# Source: [^/\n]+\/(.+)$/m.exec(text)?.[1];
    return { text, origin: template === undefined ? path : posix.join(path, plain(template, 300)) };
  });
  const parsed = await parseAll(parts, signal);
  return parts.flatMap(({ origin }, index) => toManifests(parsed[index] ?? [], origin, () => {}));
}

/** remote.yaml often lies beside the manifests. Who may push does not decide who may push, nor as which account. */
function withoutRemotes(manifests: readonly Manifest[], say: Say): Manifest[] {
  return manifests.filter(({ object: { apiVersion, kind, metadata }, origin }) => {
    if (kind !== 'Remote' || !apiVersion.startsWith('gitkube.sh/')) return true;
    say(`${origin}: Remote/${plain(metadata.name, 253)} is not applied by a push, skipped`);
    return false;
  });
}

/** Who may push does not decide who else may, by HTTPS (docs/guides/https.md). */
function withoutTokens(manifests: readonly Manifest[], say: Say): Manifest[] {
  return manifests.filter(({ object: { apiVersion, kind, metadata }, origin }) => {
    if (kind !== 'Secret' || apiVersion !== 'v1' || !metadata.name.startsWith(tokensPrefix)) return true;
    say(`${origin}: Secret/${plain(metadata.name, 253)} has tokens of a Remote, and is not applied by a push, skipped`);
    return false;
  });
}

/** A hook is an order to helm, which installs nothing here: to apply it with the rest would run it at the wrong time. */
function withoutHooks(manifests: readonly Manifest[], say: Say): Manifest[] {
  return manifests.filter(({ object: { kind, metadata }, origin }) => {
    const hook = metadata.annotations?.['helm.sh/hook'];
    // Charts that predate `crds/` install their CRDs by a hook.
    if (hook === undefined || hook === 'crd-install') return true;
    say(
      `${origin}: ${kind}/${plain(metadata.name, 253)} is a Helm hook (${plain(hook, 60)}), which is not run, skipped`,
    );
    return false;
  });
}
