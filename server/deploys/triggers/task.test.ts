import { describe, expect, it } from 'vitest';
import type { Remote, Task } from '../../../remote-crd/index.ts';
import { task } from './task.ts';
import { makeRepository } from './testing/releases.ts';

const tasks = [
  { name: 'unit', stage: 'Test' },
  { name: 'schema', stage: 'Migrate' },
] as Task[];
const remote = { id: 'ns/app', branch: 'main', environments: [], tasks } as unknown as Remote;

describe('one task alone', () => {
  it('runs with the release that runs, and gives way to pushes', async () => {
    const { revision, givesWay } = await task.ask({ name: 'schema' }, { remote, ...makeRepository([{}, {}]) });
    expect(revision).toMatchObject({ rollbackTo: 2, branch: 'main', again: 'task', task: 'schema' });
    expect(givesWay).toBe(true);
  });

  it('is refused when there is none of that name, and where nothing was released', async () => {
    const asked = task.ask({ name: 'shema' }, { remote, ...makeRepository([{}]) });
    await expect(asked).rejects.toMatchObject({ hint: ['did you mean schema?', 'its tasks: unit, schema'] });
    const early = task.ask({ name: 'unit' }, { remote, ...makeRepository([]) });
    await expect(early).rejects.toMatchObject({ message: 'ns/app has no release to run a task of' });
  });

  it('ends with its client, a migration only before it begins', () => {
    expect(task.endsWithClient?.({ name: 'unit' }, remote)).toBe(true);
    expect(task.endsWithClient?.({ name: 'schema' }, remote)).toBe('before it migrates');
  });
});
