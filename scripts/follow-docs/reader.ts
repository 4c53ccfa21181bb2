import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { run } from '../../test/cluster/run.ts';
import { follow, type Step } from '../../test/support/followed.ts';
import { differences } from './compare.ts';
import { skipped } from './replaced.ts';

const root = join(import.meta.dirname, '../..');

/** What was typed, and did not do what the documentation says. */
export class Deviation extends Error {
  readonly #lines: readonly string[];

  /** @param lines of a diff, or what was printed */
  constructor(message: string, lines: readonly string[]) {
    super(message);
    this.#lines = lines;
  }

  report(): readonly string[] {
    return [`error: ${this.message}`, ...this.#lines];
  }
}

/** Somebody with a machine, a clone of this repository, and a home with nothing in it. */
export class Reader implements AsyncDisposable {
  readonly folder: string;
  readonly home: string;
  readonly clone: string;
  readonly env: Record<string, string>;
  #interruptedBy: string | undefined;

  private constructor(folder: string, npmRegistry: string) {
    this.folder = folder;
    this.home = join(folder, 'home');
    this.clone = join(this.home, 'gitkube');
    this.env = {
      PATH: pathOfMachine(),
      HOME: this.home,
      LC_ALL: 'C.UTF-8',
      npm_config_registry: npmRegistry,
      NPM_CONFIG_PREFIX: join(this.home, '.npm-global'),
      ...passedOn('KUBE_ASSETS', 'XDG_CACHE_HOME'),
    };
  }

  static async create(): Promise<Reader> {
    const npmRegistry = (await run('npm', ['config', 'get', 'registry'])).trim();
    const reader = new Reader(await mkdtemp(join(tmpdir(), 'follow-')), npmRegistry);
    await mkdir(join(reader.home, '.npm-global/lib'), { recursive: true });
    await run('git', ['clone', '--quiet', root, reader.clone]);
    return reader;
  }

  text(file: string): Promise<string> {
    return readFile(join(this.clone, file), 'utf8');
  }

  /** Adds programs to those that are found by their names. */
  finds(folder: string, env: Record<string, string> = {}): void {
    Object.assign(this.env, env, { PATH: `${folder}${delimiter}${this.env.PATH}` });
  }

  /** Nothing more is typed but what cleans up. */
  interrupt(signal: string): void {
    this.#interruptedBy = signal;
  }

  /**
   * Types what a step shows, where the step before it ended.
   * @param isCleaning it is typed whatever happened before
   * @returns what it prints
   */
  async types(step: Step, from: string, isCleaning = false): Promise<string> {
    if (this.#interruptedBy !== undefined && !isCleaning)
      throw new Deviation(`interrupted by ${this.#interruptedBy}`, []);
    const first = firstCommand(step);
    const place = `${from}${step.line === undefined ? '' : `:${step.line}`}`.padEnd(22);
    const reason = skipped[step.commands.trim()];
    if (reason !== undefined) {
      console.log(`skip  ${place} ${first}: ${reason}`);
      return '';
    }
    const began = performance.now();
    const { code, output } = await follow(step, this);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const found = differences(step, output);
    const mayFail = step.shown?.includes('! [remote rejected]') ?? false;
    const isRight = found.length === 0 && (code !== 0) === mayFail;
    console.log(`${isRight ? 'ok  ' : 'FAIL'}  ${place} ${first}  (${seconds} s)`);
    if (isRight) return output;
    if (found.length > 0) throw new Deviation(`${place.trim()}: shown (-) and printed (+) differ`, found);
    throw new Deviation(`${place.trim()}: exit code ${code}`, output.trimEnd().split('\n'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** What a line of the report shows of a step. */
function firstCommand({ commands }: Step): string {
  const [first = ''] = commands.split('\n');
  return first.replace(/ +#.*/, '').trim().slice(0, 90);
}

/** Without what npm adds for this program: the packages of the repository that it runs in. */
function pathOfMachine(): string {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.filter((folder) => !folder.includes('node_modules')).join(delimiter);
}

/** Where the Node.js is that the README asks for. */
export function nodeFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('node/bin/node'));
}

function passedOn(...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
