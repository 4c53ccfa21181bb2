/**
 * `npm run bench:cluster`: the by-hand ratios of `npm run bench`, with Gitkube in its pod as the chart installs it.
 * GITKUBE_TEST_RIG names a cluster that runs already.
 */
import { setup } from '../test/support/global-setup.ts';
import { publishedImages, Release, rigValues } from '../test/support/release.ts';
import { table } from './compare.ts';
import { benchDeploy } from './deploy.ts';

const end = await setup();
try {
  await using release = await Release.prepare('bench', 'privileged', rigValues(await publishedImages()));
  await release.apply();
  console.log(table(await benchDeploy(await release.address())));
} finally {
  await end?.();
}
