import { git } from './git-command.ts';
import { isConflict } from './validate-refs.ts';

/** Keeps the newest commit of a branch that was built and not deployed. @param path of the repository */
export async function saveBuildRef(path: string, branch: string, commit: string): Promise<void> {
  const inRepository = { cwd: path };
  const keep = () => git(['update-ref', `refs/builds/${branch}`, commit], inRepository);
  await keep().catch(async (error) => {
    if (!isConflict(error)) throw error;
    // What was kept of another branch, `a`, stands where git makes the folder of `a/b`.
    const input = await git(['for-each-ref', '--format=delete %(refname)', 'refs/builds/'], inRepository);
    await git(['update-ref', '--stdin'], { ...inRepository, input });
    await keep();
  });
}
