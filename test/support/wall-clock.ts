import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import type { Gitkube } from './gitkube.ts';

/** Runs in the server, before it: `Date` is what the file says more or less than the clock of the machine. */
const preload = (file: string) => `
  import { readFileSync } from 'node:fs';
  const RealDate = Date;
  let offset = 0;
  const now = () => RealDate.now() + offset;
  globalThis.Date = new Proxy(RealDate, {
    get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
    construct: (target, args) => (args.length === 0 ? new target(now()) : new target(...args)),
    apply: () => new RealDate(now()).toString(),
  });
  process.on('SIGUSR2', () => {
    offset = Number(readFileSync(${JSON.stringify(file)}, 'utf8'));
    process.stderr.write('the wall clock is set: ' + offset + '\\n');
  });
`;

/** The wall clock of one server, which a test sets. Its timers and its monotonic clock go on as those of the machine. */
export class WallClock implements AsyncDisposable {
  /** Of the server that has this clock. */
  readonly env: Readonly<Record<string, string>>;
  readonly #folder: string;
  #offset = 0;

  private constructor(folder: string) {
    this.#folder = folder;
    const source = encodeURIComponent(preload(join(folder, 'offset')));
    this.env = { NODE_OPTIONS: `--import=data:text/javascript,${source}` };
  }

  static async make(): Promise<WallClock> {
    return new WallClock(await mkdtemp(join(tmpdir(), 'gitkube-clock-')));
  }

  /** Forward, or back for a negative number. Resolves when it is so. */
  async set(gitkube: Gitkube, byMs: number): Promise<void> {
    this.#offset += byMs;
    await writeFile(join(this.#folder, 'offset'), String(this.#offset));
    process.kill(gitkube.pid, 'SIGUSR2');
    await eventually(async () => gitkube.log.includes(`the wall clock is set: ${this.#offset}`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
