import { posix } from 'node:path';
import { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import { isFields } from '../objects/objects.ts';
import type { ExportedTree } from './export-tree.ts';
import { parseAll } from './parse.ts';
import { runTool, ToolFailed } from './run-tool.ts';

export const kustomizationFiles = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'] as const;

export interface KustomizeWork {
  /** `kubectl`, or a path. */
  readonly program: string;
  /** Where the kustomization lies in the repository. */
  readonly path: string;
  readonly home: string;
  readonly signal: AbortSignal;
}

/** What `kubectl kustomize` prints. Plugins and charts are off by its defaults. */
export async function renderKustomization(exported: ExportedTree, work: KustomizeWork): Promise<string> {
  const args = ['kustomize', exported.folder];
  try {
    return await runTool({ program: work.program, args, cwd: work.home, home: work.home, signal: work.signal });
  } catch (thrown) {
    if (thrown instanceof ToolFailed) throw explain(thrown.message, exported, work.path);
    throw thrown;
  }
}

/** What a kustomization names, and where it lies. */
export interface Kustomization {
  /** Relative to the repository. */
  readonly origin: string;
  /** Its folder, relative to the top of what is checked out. */
  readonly folder: string;
  readonly documents: readonly unknown[];
}

export interface TextFile {
  /** Relative to the repository. */
  readonly origin: string;
  /** Relative to the top of what is checked out. */
  readonly path: string;
  readonly text: string;
}

/** @throws ManifestsInvalid */
export async function readKustomizations(files: readonly TextFile[], signal: AbortSignal): Promise<Kustomization[]> {
  const named = files.filter(({ path }) => (kustomizationFiles as readonly string[]).includes(posix.basename(path)));
  const documents = await parseAll(named, signal);
  return named.map(({ origin, path }, index) => ({
    origin,
    folder: posix.dirname(path),
    documents: documents[index] ?? [],
  }));
}

/**
 * The first path that leads above the top of what is checked out: kustomize takes bases from any folder that it can
 * read, and only the files of each have to lie in it.
 */
export function wayOut(kustomizations: readonly Kustomization[]): { origin: string; path: string } | undefined {
  for (const { origin, folder, documents } of kustomizations) {
    const leadsOut = (text: string) => /^\.\.(\/|$)/.test(posix.normalize(posix.join(folder, text)));
    const path = findText(documents, (text) => (leadsOut(text) ? text : undefined));
    if (path !== undefined) return { origin, path };
  }
  return undefined;
}

/** @throws ManifestsInvalid */
export function refuseWayOut(kustomizations: readonly Kustomization[]): void {
  const out = wayOut(kustomizations);
  if (!out) return;
  const { origin, path } = out;
  throw new GitkubeError('ManifestsInvalid', `${origin} names ${plain(path, 200)}, which is not in the repository`);
}

/**
 * kustomize loads whatever is named by URL. That has no way out of the server, but for the server itself: Go's HTTP
 * client uses no proxy for loopback addresses. So every kustomization is looked through before, and every file where
 * one has generators or transformers, which are files of any name.
 * @param files all that kustomize can reach
 * @throws ManifestsInvalid
 */
export async function refuseUrls(
  kustomizations: readonly Kustomization[],
  files: readonly TextFile[],
  signal: AbortSignal,
): Promise<void> {
  const hasPlugins = kustomizations.some(({ documents }) =>
    documents.some((one) => isFields(one) && ['generators', 'transformers', 'validators'].some((key) => key in one)),
  );
  const plugins = hasPlugins ? files.filter(({ text }) => /https?:|\\|binary/i.test(text)) : [];
  const parsed = await parseAll(plugins, signal);
  const configured = plugins.map(({ origin }, index) => ({
    origin,
    documents: (parsed[index] ?? []).filter((one) => isFields(one) && one.apiVersion === 'builtin'),
  }));
  for (const { origin, documents } of [...kustomizations, ...configured]) {
    const url = findText(documents, urlIn);
    if (url !== undefined) throw remote(url, origin);
  }
}

/** Where a URL or a path is a text like any other. */
const texts = new Set(['annotations', 'commonAnnotations', 'commonLabels', 'labels', 'literals', 'patch', 'value']);

function findText(value: unknown, find: (text: string) => string | undefined): string | undefined {
  if (typeof value === 'string') return find(value);
  const below = Array.isArray(value)
    ? value
    : isFields(value)
      ? Object.entries(value).flatMap(([key, one]) => (texts.has(key) ? [] : [one]))
      : [];
  for (const one of below) {
    const found = findText(one, find);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** As a path, or anywhere in a generator or transformer that is written inline. */
function urlIn(text: string): string | undefined {
  if (/^\s*https?:/i.test(text)) return text;
  return /builtin/.test(text) ? /https?:\S*/i.exec(text)?.[0] : undefined;
}

function remote(url: string, origin: string): GitkubeError {
  return new GitkubeError(
    'ManifestsInvalid',
    `${origin} names ${plain(url, 200)}, and nothing is downloaded on the server`,
    {
      hint: 'commit a copy of it and name that',
    },
  );
}

function explain(stderr: string, { top, topPath, folder }: ExportedTree, path: string): GitkubeError {
  const shown = topPath === '.' ? '' : `${topPath}/`;
  const lines = stderr
    .replaceAll(`${top}/`, shown)
    .replaceAll(folder, path)
    .split('\n')
    .map((line) => line.replace(/^error: /, '').trim())
    .filter((line) => line !== '');
  const [first = 'kustomize said nothing', ...others] = lines;
  const isRemote = /no 'git' program on path|proxyconnect|exec: "git"/.test(stderr);
  const name = isRemote ? /accumulating resources from '([^']+)'/.exec(first)?.[1] : undefined;
  if (name !== undefined) return remote(name, path);
  return new GitkubeError('ManifestsToolFailed', `kustomize cannot render ${path}: ${plain(first, 800)}`, {
    evidence: others.slice(0, 20),
    hint: `to reproduce it, type: kubectl kustomize ${path}`,
  });
}
