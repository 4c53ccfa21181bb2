import type { CommandOptions } from '../support/command.ts';
import type { Gitkube } from '../support/gitkube.ts';
import { Project, type ProjectOptions } from '../support/project.ts';
import { stableText } from './stable-text.ts';

/** Makes one push fail, and returns what its pusher sees. */
export type Scenario = (stage: Stage) => Promise<string>;

/** Scenarios of one kind, by the names of the files that hold their texts. */
export interface ScenarioGroup {
  /** How many may run at a time: 1 where they share a project. */
  readonly atOnce: number;
  readonly scenarios: Readonly<Record<string, Scenario>>;
}

/** Where scenarios run: one server. */
export class Stage implements AsyncDisposable {
  readonly gitkube: Gitkube;
  readonly #shared = new Map<string, Promise<Project>>();

  constructor(gitkube: Gitkube) {
    this.gitkube = gitkube;
  }

  /** The project of the scenarios of one group, as its first commit left it. @param create default: one without pods */
  async shared(group: string, create: () => Promise<Project> = () => this.project({ replicas: 0 })): Promise<Project> {
    const known = this.#shared.get(group);
    if (known) {
      await (await known).git('checkout', '-q', '-B', 'main', 'first');
      return known;
    }
    const created = create();
    this.#shared.set(group, created);
    await (await created).git('branch', 'first');
    return created;
  }

  project(options: ProjectOptions = {}): Promise<Project> {
    return Project.create(this.gitkube, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const project of this.#shared.values()) await (await project)[Symbol.asyncDispose]();
  }
}

/** What a pusher sees who types `git push dev` with these arguments, the ref last; the push has to fail. */
export async function rejected(project: Project, ...args: string[]): Promise<string> {
  return rejectedWith({}, project, ...args);
}

/** @param options.called names for addresses that are others in each run */
export async function rejectedWith(
  { called = {}, ...options }: CommandOptions & { readonly called?: Readonly<Record<string, string>> },
  project: Project,
  ...args: string[]
): Promise<string> {
  const flags = args.slice(0, -1);
  const ref = args.at(-1) ?? 'main';
  await project.tryGit(['remote', 'add', 'dev', project.url]);
  const { code, output } = await project.tryGit(['push', ...flags, 'dev', ref], options);
  const text = stableText(output, project, called);
  if (code === 0) throw new Error(`the push succeeded:\n${text}`);
  return `$ git push ${[...flags, 'dev', ref].join(' ')}\n${text}`;
}
