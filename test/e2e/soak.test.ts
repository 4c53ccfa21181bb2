import { expect, it } from 'vitest';
import { Gitkube } from '../support/gitkube.ts';
import { Project } from '../support/project.ts';
import { smallHeap, soakFigures, soakRound } from '../support/soak.ts';

it('a server lives through rekeying connections, pushes and fetches, and keeps nothing of them', async () => {
  await using gitkube = await Gitkube.start(smallHeap);
  await using project = await Project.create(gitkube, { replicas: 0 });
  for (let round = 0; round < 2; round++) await soakRound(gitkube, project, round);
  const start = await soakFigures(gitkube);
  for (let round = 2; round < 7; round++) await soakRound(gitkube, project, round);
  const end = await soakFigures(gitkube, start.files + 5);
  expect(gitkube.exitCode).toBe(null);
  expect(end.megabytes - start.megabytes).toBeLessThan(60);
}, 300_000);
