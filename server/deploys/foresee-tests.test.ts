import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Task } from '../../remote-crd/index.ts';
import { knownTest, passedBefore, writePassed } from '../tasks/passed-note.ts';
import type { PlannedTask } from '../tasks/plan.ts';
import { foreseeTests } from './foresee-tests.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitkube-'));
});
afterEach(() => rm(folder, { recursive: true }));

const from = { kind: 'Deployment', deployment: 'www', container: 'app' };
const unit = { name: 'unit', stage: 'Test', from } as Task;
const schema = { name: 'schema', stage: 'Migrate', from } as Task;
const image = { target: { deployment: 'www', container: { name: 'app' } }, reference: 'r/www@sha256:1' };

const tasks = {
  prepare: async ({ task, image: reference }: { task: Task; image: string }) => ({
    ...{ task, ref: { namespace: 'ns', name: 'j' } },
    job: { spec: { template: { spec: { containers: [{ name: 'app', image: reference }] } } } },
  }),
};

function foresee(existing: object[], planned: PlannedTask[], noCache = false): Promise<readonly PlannedTask[]> {
  const facts = {
    ...{ id: 'd1', commit: 'c1', revision: { branch: 'main' }, principal: { name: 'ada' }, repository: { folder } },
    ...{ checked: { remote: {}, existing }, options: { noCache }, tasks: planned },
  };
  return foreseeTests(tasks as never, facts as never);
}

it('a dry run knows the tests that have passed with an image which the registry has, and no others', async () => {
  const ready = await tasks.prepare({ task: unit, image: image.reference });
  await writePassed(folder, [knownTest(ready)]);
  const planned = [{ task: unit }, { task: schema }];
  expect(await foresee([image], planned)).toEqual([{ task: unit, skipped: passedBefore }, { task: schema }]);
  expect(await foresee([{ ...image, reference: 'r/www@sha256:2' }], planned)).toEqual(planned);
  expect(await foresee([], planned)).toEqual(planned);
  expect(await foresee([image], planned, true)).toEqual(planned);
  const unwanted = [{ task: unit, skipped: 'push option no-tests' }];
  expect(await foresee([image], unwanted)).toEqual(unwanted);
});
