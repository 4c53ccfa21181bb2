import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from '../support/command.ts';
import { Door } from '../support/door.ts';
import { eventually } from '../support/eventually.ts';
import { FreezableEngine } from '../support/freezable-engine.ts';
import { FullDisk } from '../support/full-disk.ts';
import { Gate } from '../support/gate.ts';
import { Gitkube } from '../support/gitkube.ts';
import { HoldingProxy } from '../support/holding-proxy.ts';
import { descendants } from '../support/processes.ts';
import { appDockerfile, Project } from '../support/project.ts';
import { RegistryProxy } from '../support/registry-proxy.ts';
import { rig } from '../support/rig.ts';
import { WallClock } from '../support/wall-clock.ts';
import { layoutOf, type Place } from './layout.ts';

/** What only some cells have. */
export type Part = 'registry' | 'disk' | 'environments' | 'promotion';

/** One server, everything that it talks to behind a proxy of its own, and a project that was pushed once. */
export class World implements AsyncDisposable {
  readonly api: HoldingProxy;
  readonly engine: FreezableEngine;
  readonly clock: WallClock;
  readonly gitkube: Gitkube;
  readonly door: Door;
  readonly project: Project;
  /** Where builds and containers of the pushed version may stand. */
  readonly gate: Gate;
  /** What the server has for its own files. */
  readonly temporary: string;
  /** What is deployed to; the first of them is what the deploy under test is to. */
  readonly places: readonly [Place, ...Place[]];
  readonly #registry: RegistryProxy | undefined;
  readonly #disk: FullDisk | undefined;
  readonly #stack: AsyncDisposableStack;
  #logBegins = 0;

  private constructor(
    parts: Pick<World, 'api' | 'engine' | 'clock' | 'gitkube' | 'door' | 'project' | 'gate' | 'temporary' | 'places'>,
    registry: RegistryProxy | undefined,
    disk: FullDisk | undefined,
    stack: AsyncDisposableStack,
  ) {
    this.api = parts.api;
    this.engine = parts.engine;
    this.clock = parts.clock;
    this.gitkube = parts.gitkube;
    this.door = parts.door;
    this.project = parts.project;
    this.gate = parts.gate;
    this.temporary = parts.temporary;
    this.places = parts.places;
    this.#registry = registry;
    this.#disk = disk;
    this.#stack = stack;
  }

  /** @param env changes of the settings of the server */
  static async create(needs: ReadonlySet<Part>, env: Readonly<Record<string, string>>): Promise<World> {
    await using stack = new AsyncDisposableStack();
    const temporary = await mkdtemp(join(tmpdir(), 'gitkube-world-'));
    stack.defer(() => rm(temporary, { recursive: true, force: true }));
    const [api, engine, clock, gate] = await Promise.all([
      HoldingProxy.start(),
      FreezableEngine.start(rig().engine),
      WallClock.make(),
      Gate.make(),
    ]);
    for (const part of [api, engine, clock, gate]) stack.use(part);
    const registry = needs.has('registry') ? stack.use(await RegistryProxy.start()) : undefined;
    const disk = needs.has('disk') ? stack.use(await FullDisk.mount()) : undefined;
    const gitkube = await Gitkube.start({
      ...clock.env,
      TMPDIR: temporary,
      GITKUBE_KUBECONFIG: api.kubeconfig,
      GITKUBE_ENGINE: engine.host,
      GITKUBE_IMAGE_PUSH_STALL_SECONDS: '10',
      GITKUBE_RECONCILE_SECONDS: '0',
      GITKUBE_ENV: 'on',
      GITKUBE_RUN: 'on',
      GITKUBE_TASKS: 'on',
      GITKUBE_SHUTDOWN_GRACE_SECONDS: '60',
      ...(disk && { GITKUBE_DATA: disk.folder, GITKUBE_MIN_FREE_BYTES: '1' }),
      ...env,
    });
    stack.use(gitkube);
    const door = stack.use(await Door.start(() => gitkube.port));
    const { places, ...options } = layoutOf(needs);
    const spec = { ...(registry && { registry: { url: `${registry.host}/faults` } }), ...options.spec };
    const project = stack.use(await Project.create({ name: gitkube.name, port: door.port }, { ...options, spec }));
    const parts = { api, engine, clock, gitkube, door, project, gate, temporary, places };
    const world = new World(parts, registry, disk, stack.move());
    const pushes = await Promise.all(places.map(({ branch }) => project.push(`HEAD:${branch}`)));
    const failed = pushes.find(({ code }) => code !== 0);
    if (!failed) return world;
    await world[Symbol.asyncDispose]();
    throw new Error(`the first push failed: ${failed.output}`);
  }

  /** As commands name what the deploy under test is to. */
  get id(): string {
    const [{ environment }] = this.places;
    return `${this.project.namespace}/app${environment && `/${environment}`}`;
  }

  get registry(): RegistryProxy {
    if (!this.#registry) throw new Error('this cell has no registry of its own');
    return this.#registry;
  }

  get disk(): FullDisk {
    if (!this.#disk) throw new Error('this cell has no disk of its own');
    return this.#disk;
  }

  get dataFolder(): string {
    return this.#disk?.folder ?? this.gitkube.dataFolder;
  }

  get repository(): string {
    return join(this.dataFolder, 'repositories', this.project.namespace, 'app.git');
  }

  /** Commits another version of the app. */
  async change(page: string, extra = '', command?: string): Promise<string> {
    // An image of its own, of which nothing is in the registry yet.
    const own = `RUN echo ${randomBytes(8).toString('hex')} > /own\n${extra}`;
    await this.project.writeApp('www', page, appDockerfile(own, command));
    return this.project.commit(page);
  }

  /** The process that takes the newest push, and its hook. */
  receivePack(): { readonly pid: number; readonly hook: number | undefined } {
    const found = descendants(this.gitkube.pid).filter(({ command }) => command.includes('receive-pack'));
    const pid = found.map((one) => one.pid).at(-1);
    if (pid === undefined) throw new Error('no receive-pack is running');
    return { pid, hook: descendants(pid)[0]?.pid };
  }

  /** Whether the repository of the Remote that was deleted last has a release; undefined: of no number. */
  async hasArchived(release = 0): Promise<boolean> {
    const trash = join(this.dataFolder, 'trash', this.project.namespace);
    const newest = (await readdir(trash)).sort().at(-1);
    if (newest === undefined) throw new Error(`no repository is in ${trash}`);
    return (await must('git', ['-C', join(trash, newest), 'tag', '-l', `releases/${release}`])) !== '';
  }

  /** Ends with this world. */
  use<T extends AsyncDisposable>(part: T): T {
    return this.#stack.use(part);
  }

  /** The server starts again. */
  async restart(): Promise<void> {
    this.#logBegins = this.gitkube.log.length;
    await this.gitkube.start();
  }

  /** Resolves when no push and no command is under way. */
  async idle(): Promise<void> {
    await eventually(async () => {
      const log = this.gitkube.log.slice(this.#logBegins);
      const begun = idsIn(log, /"(?:push|deploy) began"/);
      // One that has joined a deploy ends with that.
      const ended = idsIn(log, /"push finished"|"push ended before git had it"|"push joined a deploy"/);
      return [...begun].every((id) => ended.has(id));
    }, 120_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/** Of pushes, in the lines of a log that say this. */
function idsIn(log: readonly string[], what: RegExp): Set<string> {
  return new Set(log.filter((line) => what.test(line)).flatMap((line) => /"push":"(\w+)"/.exec(line)?.[1] ?? []));
}
