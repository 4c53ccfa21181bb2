/**
 * `npm run bench:soak -- [minutes]`: rekeying connections, pushes and fetches against a server with a small heap, for five
 * minutes or as many as are named; prints what it holds at the start and at the end, and fails when it ends or something
 * stays. GITKUBE_TEST_RIG names a cluster that runs already.
 */
import { Gitkube } from '../test/support/gitkube.ts';
import { setup } from '../test/support/global-setup.ts';
import { Project } from '../test/support/project.ts';
import { type SoakFigures, smallHeap, soakFigures, soakRound } from '../test/support/soak.ts';

const minutes = Number(process.argv[2] ?? 5);
if (!(minutes > 0)) throw new Error(`'${process.argv[2]}' is no number of minutes`);

const end = await setup();
try {
  await using gitkube = await Gitkube.start(smallHeap);
  await using project = await Project.create(gitkube);
  let round = 0;
  for (; round < 5; round++) await soakRound(gitkube, project, round);
  const start = await soakFigures(gitkube);
  print('after the warm-up', start);
  const until = performance.now() + minutes * 60_000;
  for (; performance.now() < until; round++) await soakRound(gitkube, project, round);
  print(`after ${round} rounds in ${minutes} min`, await soakFigures(gitkube, start.files + 5));
} finally {
  await end?.();
}

function print(when: string, { megabytes, files, processes, quarantines }: SoakFigures): void {
  console.log(`${when}: ${megabytes} MB, ${files} files open, ${processes} processes, ${quarantines} quarantines`);
}
