import type { BuildEvent, EngineMessage } from './build-events.ts';

const noise =
  /^(?: ---> (?:[0-9a-f]{12}|Running in [0-9a-f]{12})?\s*$|Removing intermediate container |Successfully (?:built|tagged) )/;
const stepLine = /^(?:Step|STEP) (\d+\/\d+) ?: (.*)$/;

/** Turns the classic builder's text into the same events as BuildKit's. One instance for each build. */
export class ClassicOutput {
  #current: Extract<BuildEvent, { kind: 'step' }> | undefined;

  events(message: EngineMessage): BuildEvent[] {
    if (message.status !== undefined) return this.#pull(message);
    if (message.error !== undefined) return this.#complete({ error: message.error });
    const text = message.stream ?? '';
    const step = stepLine.exec(text.trimEnd());
    if (step) return [...this.#complete({}), ...this.#start(`[${step[1]}] ${step[2]}`)];
    if (/^ ---> Using cache/.test(text)) return this.#complete({ cached: true });
    if (/^Successfully built /.test(text)) return this.#complete({});
    if (text.startsWith('[Warning] ')) return [{ kind: 'warning', text: text.slice(10).trim() }];
    if (noise.test(text) || text.trim() === '' || this.#current === undefined) return [];
    return [{ kind: 'log', id: this.#current.name, text: Buffer.from(text) }];
  }

  #start(name: string): BuildEvent[] {
    this.#current = { kind: 'step', id: name, name, state: 'running', cached: false };
    return [this.#current];
  }

  #complete(outcome: { readonly cached?: true; readonly error?: string }): BuildEvent[] {
    if (this.#current === undefined || this.#current.state === 'done') return [];
    this.#current = { ...this.#current, state: 'done', ...outcome };
    return [this.#current];
  }

  #pull({ status, id = '', progressDetail }: EngineMessage): BuildEvent[] {
    if (this.#current === undefined || (status !== 'Downloading' && status !== 'Extracting')) return [];
    const { current = 0, total = 0 } = status === 'Downloading' ? (progressDetail ?? {}) : {};
    const name = status === 'Downloading' ? id : `extracting ${id}`;
    return [{ kind: 'progress', id: this.#current.id, name, current, total }];
  }
}
