import { expect } from 'vitest';
import { eventually } from './eventually.ts';
import { Gitkube } from './gitkube.ts';
import { descendants } from './processes.ts';
import { Project, type ProjectOptions } from './project.ts';
import type { RawSsh } from './raw-ssh.ts';

/** A server to attack, with a project that was pushed once; most attacks need no more. */
export class Target implements AsyncDisposable {
  readonly gitkube: Gitkube;
  readonly project: Project;

  private constructor(gitkube: Gitkube, project: Project) {
    this.gitkube = gitkube;
    this.project = project;
  }

  /** @param options with `replicas: 1` where a pod is attacked */
  static async start(options: ProjectOptions = {}): Promise<Target> {
    const gitkube = await Gitkube.start();
    const project = await Project.create(gitkube, { replicas: 0, ...options });
    expect(await project.push()).toMatchObject({ code: 0 });
    return new Target(gitkube, project);
  }

  get receive(): string {
    return `git-receive-pack '/${this.project.namespace}/app'`;
  }

  get upload(): string {
    return `git-upload-pack '/${this.project.namespace}/app'`;
  }

  /** A connection with a verified key. */
  connect(key = 'id'): Promise<RawSsh> {
    return this.project.connect(key);
  }

  /** Whatever was tried: the server lives, answers, and has nothing left of it. */
  async isUnharmed(): Promise<void> {
    const signal = AbortSignal.timeout(60_000);
    expect((await this.project.tryGit(['ls-remote', this.project.url], { signal })).code).toBe(0);
    await eventually(async () => descendants(this.gitkube.pid).length === 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.project[Symbol.asyncDispose]();
    await this.gitkube[Symbol.asyncDispose]();
  }
}
