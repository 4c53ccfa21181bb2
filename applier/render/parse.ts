import { Worker } from 'node:worker_threads';
import { GitkubeError } from '../../base/errors.ts';
import { parseDocuments } from './yaml.ts';

export interface SourceText {
  readonly text: string;
  /** The file that it comes from, relative to the repository. */
  readonly origin: string;
}

/** Of so many characters the densest take some tenths of a second; those of more would stop every other push. */
const inlineCharacters = 128 * 1024;
const limits = { ms: 30_000, heapMb: 384 } as const;

/**
 * The documents of each text. Large ones are read on a thread of their own, with a heap and a time of its own: ten
 * megabytes of `- 1` keep a processor busy for ten seconds.
 * @throws ManifestsInvalid
 */
export async function parseAll(texts: readonly SourceText[], signal: AbortSignal): Promise<unknown[][]> {
  const total = texts.reduce((sum, { text }) => sum + text.length, 0);
  if (total <= inlineCharacters) return texts.map(({ text, origin }) => parseDocuments(text, origin));
  signal.throwIfAborted();
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`parse-worker.${extension}`, import.meta.url), {
    workerData: texts,
    resourceLimits: { maxOldGenerationSizeMb: limits.heapMb },
  });
  const end = () => void worker.terminate();
  const timer = setTimeout(end, limits.ms);
  signal.addEventListener('abort', end, { once: true });
  try {
    const answer = await answerOf(worker, texts);
    if ('documents' in answer) return answer.documents;
    throw new GitkubeError('ManifestsInvalid', answer.invalid, answer);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
    end();
    signal.throwIfAborted();
  }
}

/** What the thread answers. */
export type ParseAnswer = { readonly documents: unknown[][] } | ({ readonly invalid: string } & Faults);

type Faults = Pick<GitkubeError, 'hint' | 'evidence'>;

function answerOf(worker: Worker, texts: readonly SourceText[]): Promise<ParseAnswer> {
  const largest = [...texts].sort((a, b) => b.text.length - a.text.length)[0]?.origin ?? '';
  const tooLarge = (cause?: unknown) =>
    new GitkubeError('ManifestsInvalid', `${largest} is too large or too dense to be read as YAML`, { cause });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    // Out of its heap, which ends the thread and nothing else.
    worker.once('error', (cause) => reject(tooLarge(cause)));
    worker.once('exit', () => reject(tooLarge()));
  });
}
