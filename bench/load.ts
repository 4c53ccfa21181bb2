/**
 * `npm run bench:load [-- --pushes 500]`: many images, Remotes, pushes and connections. Prints ratios and what the server
 * holds. GITKUBE_TEST_RIG names a cluster that runs already.
 */
import { parseArgs } from 'node:util';
import { Gitkube } from '../test/support/gitkube.ts';
import { setup } from '../test/support/global-setup.ts';
import { table } from './compare.ts';
import { benchAtOnce } from './load/at-once.ts';
import { benchConnections } from './load/connections.ts';
import { benchImages } from './load/images.ts';
import { benchInARow } from './load/in-a-row.ts';
import { describeHolding, holdingOf } from './load/measure.ts';

const { values } = parseArgs({ options: { pushes: { type: 'string', default: '500' } } });

const end = await setup();
try {
  // Each on a server of its own, so that none pays for what another one left in memory.
  await using idle = await Gitkube.start({ GITKUBE_MAX_CONNECTIONS_PER_KEY: '300' });
  console.log(`idle: ${describeHolding(await holdingOf(idle))}`);
  await benchConnections(idle);
  await using images = await Gitkube.start();
  console.log(table([await benchImages(images)]));
  await using atOnce = await Gitkube.start();
  await benchAtOnce(atOnce);
  await using inARow = await Gitkube.start();
  await benchInARow(inARow, Number(values.pushes));
} finally {
  await end?.();
}
