import { type Profiler, Session } from 'node:inspector';

/** Which ways input takes through this project's own code, by the blocks that V8 counts. */
export class Coverage implements Disposable {
  readonly #session = new Session();

  constructor() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** For each function that ran since the last call: what of it ran, and the power of two that says how often. */
  take(): string[] {
    let found: string[] = [];
    // In the same thread: it has answered when it returns.
    this.#session.post('Profiler.takePreciseCoverage', (error, answer) => {
      if (error) throw error;
      found = answer.result.filter(({ url }) => isOurs(url)).flatMap(pathsOf);
    });
    return found;
  }

  [Symbol.dispose](): void {
    this.#session.disconnect();
  }
}

function isOurs(url: string): boolean {
  return url.startsWith('file:') && !/\/node_modules\/|\/test\//.test(url);
}

/** V8 names a block only where it ran less or more often than what is around it, so what counts is which ones of a function did not. */
function pathsOf({ scriptId, functions }: Profiler.ScriptCoverage): string[] {
  return functions
    .filter(({ ranges }) => (ranges[0]?.count ?? 0) > 0)
    .map(({ ranges: [whole, ...blocks] }) => {
      const missing = blocks.filter(({ count }) => count === 0).map(({ startOffset }) => startOffset);
      return `${scriptId}:${whole?.startOffset}:${Math.ceil(Math.log2(whole?.count ?? 1))}:${missing}`;
    });
}
