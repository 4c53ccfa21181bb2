import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Gitkube } from '../support/gitkube.ts';
import { addToken, HttpsDoor } from '../support/https-door.ts';
import { Project } from '../support/project.ts';
import { Control } from './controls/control.ts';
import { GitkubeVictim } from './gitkube-victim.ts';
import { remoteOf } from './remote-of.ts';
import type { Victim } from './victim.ts';

/** Gitkube with two Remotes that were pushed once, and the control with the same repositories, keys and tokens. */
export class Lab implements AsyncDisposable {
  readonly gitkube: Victim;
  readonly server: Gitkube;
  readonly #control: Control;
  readonly #stack: AsyncDisposableStack;

  private constructor(gitkube: Victim, server: Gitkube, control: Control, stack: AsyncDisposableStack) {
    this.gitkube = gitkube;
    this.server = server;
    this.#control = control;
    this.#stack = stack;
  }

  static async open(env: Record<string, string> = {}): Promise<Lab> {
    await using stack = new AsyncDisposableStack();
    const door = stack.use(await HttpsDoor.open({ GITKUBE_MAX_CONTEXT_BYTES: String(32 * 1024 ** 2), ...env }));
    const namespace = `attack-${randomBytes(4).toString('hex')}`;
    const namespaces = [namespace, namespace.slice(0, -1)];
    const projects = await Promise.all(namespaces.map((one) => newProject(door, one)));
    const [mine, theirs] = projects.map((project) => stack.use(project)) as [Project, Project];
    for (const { code, output } of await Promise.all([mine.push(), theirs.push()]))
      if (code !== 0) throw new Error(output);
    const main = (await mine.git('rev-parse', 'HEAD')).trim();
    const key = await theirs.publicKey();
    // Of somebody else, and its name begins with that of the attacker's.
    await mine.apply(remoteOf(mine.namespace, 'app.git-private', key));
    const gitkube = new GitkubeVictim(door, mine, theirs, main, await addToken(mine, 'mine'));
    await writeFile(gitkube.secret.file, gitkube.secret.content);
    const folder = await mkdtemp(join(tmpdir(), 'weak-control-'));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    const control = stack.use(await Control.create(folder, gitkube, [mine, theirs]));
    return new Lab(gitkube, door.gitkube, control, stack.move());
  }

  /** The last attack may have ended it. */
  async freshControl(): Promise<Victim> {
    await this.#control.restart();
    return this.#control;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]();
  }
}

function newProject({ gitkube }: HttpsDoor, namespace: string): Promise<Project> {
  return Project.create(gitkube, { replicas: 0, namespace });
}
