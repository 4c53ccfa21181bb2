import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { GitkubeError } from '../base/errors.ts';
import { plain } from '../base/text.ts';
import type { CheckedOut } from './checkout.ts';
import { isFields } from './objects.ts';
import { runTool, ToolFailed } from './run-tool.ts';
import { parseDocuments } from './yaml.ts';

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
export async function renderKustomization(checkedOut: CheckedOut, work: KustomizeWork): Promise<string> {
  const args = ['kustomize', checkedOut.folder];
  try {
    return await runTool({ program: work.program, args, cwd: work.home, home: work.home, signal: work.signal });
  } catch (thrown) {
    if (thrown instanceof ToolFailed) throw explain(thrown.message, checkedOut, work.path);
    throw thrown;
  }
}

/** Whether a kustomization names anything above its own folder. */
export function looksAbove(kustomization: string): boolean {
  return /(^|[\s"'/[,])\.\.(\/|["'\s,\]]|$)/m.test(kustomization);
}

interface TextFile {
  /** Relative to the repository. */
  readonly origin: string;
  readonly text: string;
}

/**
 * kustomize loads whatever is named by URL. That has no way out of the server, but for the server itself: Go's HTTP
 * client uses no proxy for loopback addresses. So every kustomization is looked through before, and every file where
 * one has generators or transformers, which are files of any name.
 * @param files all that kustomize can reach
 * @throws ManifestsInvalid
 */
export function refuseUrls(files: readonly TextFile[]): void {
  const named = files.filter(({ origin }) => (kustomizationFiles as readonly string[]).includes(basename(origin)));
  const kustomizations = named.map(({ origin, text }) => ({ origin, documents: parseDocuments(text, origin) }));
  const hasPlugins = kustomizations.some(({ documents }) =>
    documents.some((one) => isFields(one) && ['generators', 'transformers', 'validators'].some((key) => key in one)),
  );
  const plugins = hasPlugins ? files.filter(({ text }) => /https?:|\\|binary/i.test(text)) : [];
  const configured = plugins.map(({ origin, text }) => ({
    origin,
    documents: parseDocuments(text, origin).filter((one) => isFields(one) && one.apiVersion === 'builtin'),
  }));
  for (const { origin, documents } of [...kustomizations, ...configured]) {
    const url = findUrl(documents);
    if (url !== undefined) throw remote(url, origin);
  }
}

/** Where a URL is a text like any other. */
const texts = new Set(['annotations', 'commonAnnotations', 'commonLabels', 'labels', 'literals', 'patch', 'value']);

function findUrl(value: unknown): string | undefined {
  if (typeof value === 'string') return urlIn(value);
  if (Array.isArray(value)) return value.map(findUrl).find((url) => url !== undefined);
  if (!isFields(value)) return undefined;
  return Object.entries(value)
    .filter(([key]) => !texts.has(key))
    .map(([, below]) => findUrl(below))
    .find((url) => url !== undefined);
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

function explain(stderr: string, { top, topPath, folder }: CheckedOut, path: string): GitkubeError {
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
    hint: `try it: kubectl kustomize ${path}`,
  });
}

/** The text of the kustomization in a folder. */
export async function readKustomization(folder: string, files: readonly string[]): Promise<string> {
  const name = kustomizationFiles.find((one) => files.includes(one));
  return name === undefined ? '' : readFile(join(folder, name), 'utf8');
}
