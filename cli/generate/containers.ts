import { workloadKinds } from '../../kube/workload.ts';
import type { Asker } from '../prompts.ts';
import { type ContainerAnswer, dockerfileIn, parseContainerFlag } from './container-flag.ts';

export interface ContainerDefaults {
  /** Whether a Remote without containers would have nothing to do. */
  readonly required: boolean;
  /** Of the Remote: often that of its only workload. */
  readonly name: string;
  /** The folder with a Dockerfile. */
  readonly path: string | undefined;
}

export async function askContainers(
  asker: Asker,
  given: readonly string[] | undefined,
  { required, name, path: folder = '.' }: ContainerDefaults,
): Promise<ContainerAnswer[]> {
  if (given !== undefined) return given.map(parseContainerFlag);
  if (!asker.interactive) {
    if (required) asker.lacks('--container');
    return [];
  }
  const answers: ContainerAnswer[] = [];
  if (!required && !(await asker.yes('Does a push build images for workloads?', true))) return answers;
  do {
    const kind = await ask(asker, 'What kind of workload?', kindQuestion);
    const workload = await askName(asker, `Name of the ${kind}`, name);
    do {
      const container = await askName(asker, 'Name of the container', workload);
      const path = await askPath(asker, 'Folder with what is built, the build context', folder);
      const dockerfile = await askPath(asker, 'Dockerfile, from the root of the repository', dockerfileIn(path));
      answers.push({ kind: kind as ContainerAnswer['kind'], workload, container, path, dockerfile });
    } while (await asker.yes(`Another container of ${workload}?`, false));
  } while (await asker.yes('Another workload?', false));
  return answers;
}

const kindQuestion = workloadKinds.map((kind) => ({ value: kind, name: kind }));

function ask(asker: Asker, message: string, choices: readonly { value: string; name: string }[]): Promise<string> {
  return asker.choice({ flag: '--container', given: undefined, message, choices });
}

function askName(asker: Asker, message: string, initial: string): Promise<string> {
  const problem = (name: string) =>
    /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name) ? undefined : 'lower case, digits, - and .';
  return asker.text({ flag: '--container', given: undefined, message, initial, problem });
}

function askPath(asker: Asker, message: string, initial: string): Promise<string> {
  const problem = (path: string) =>
    path.startsWith('/') || path.split('/').includes('..')
      ? 'relative to the root of the repository, without ..'
      : undefined;
  return asker.text({ flag: '--container', given: undefined, message, initial, problem });
}
