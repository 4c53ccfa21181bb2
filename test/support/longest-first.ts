import { relative } from 'node:path';
import type { TestSpecification, Vitest } from 'vitest/node';
import { BaseSequencer } from 'vitest/node';

/**
 * The end-to-end files that take longer than 25 s on two quiet processors, the longest first. vitest knows the size of each
 * file, and its time only where it has run before: a long one would start last and keep one worker alone.
 */
export const longest: readonly string[] = [
  'builder',
  'doctor',
  'tasks',
  'many',
  'manifests-put-back',
  'attacks',
  'fuzz',
  'pod-loss',
  'rollback',
  'tutorial',
  'workloads',
  'git-killed',
  'failures',
  'registry-faults',
  'deletion',
  'manifests-ready',
  'external-engine',
  'soak',
  'cli',
  'manifests-rights',
  'deployer-other-hands',
  'deployer-failures',
  'push',
  'manifests-render',
  'manifests',
  'serving',
  'deployer-kinds',
  'faults',
  'run',
  'disk',
  'commands',
  'https-proxy',
  'https',
  'https-trust',
  'deployer',
  'stop',
  'original-examples',
  'image',
  'recovery',
  'wall-clock',
  'env',
  'cli-mistakes',
  'manifests-other-hands',
  'chart-registry',
].map((name) => `test/e2e/${name}.test.ts`);

/** Files that are not among the longest keep the order of vitest, behind those. */
export class LongestFirst extends BaseSequencer {
  readonly #root: string;

  constructor(vitest: Vitest) {
    super(vitest);
    this.#root = vitest.config.root;
  }

  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const found = longest.indexOf(relative(this.#root, moduleId));
      return found < 0 ? longest.length : found;
    };
    const sorted = await super.sort(files);
    const groups = Map.groupBy(sorted, ({ project }) => project.name);
    return [...groups.values()].flatMap((group) => group.toSorted((a, b) => place(a) - place(b)));
  }
}
