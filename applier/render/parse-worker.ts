/** The thread that reads large manifests; parse.ts starts it and ends it. */
import { parentPort, workerData } from 'node:worker_threads';
import { GitkubeError } from '../../base/errors.ts';
import type { ParseAnswer, SourceText } from './parse.ts';
import { parseDocuments } from './yaml.ts';

parentPort?.postMessage(answer(workerData as readonly SourceText[]));

function answer(texts: readonly SourceText[]): ParseAnswer {
  try {
    return { documents: texts.map(({ text, origin }) => parseDocuments(text, origin)) };
  } catch (thrown) {
    if (thrown instanceof GitkubeError) {
      const { message: invalid, hint, evidence } = thrown;
      return { invalid, hint, evidence };
    }
    throw thrown;
  }
}
