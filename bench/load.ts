/**
 * `npm run bench:load [-- --pushes 500 --only fairness]`: many images, Remotes, namespaces, pushes and connections. Prints
 * ratios and what the server holds. GITKUBE_TEST_RIG names a cluster that runs already.
 */
import { parseArgs } from 'node:util';
import { Gitkube } from '../test/support/gitkube.ts';
import { setup } from '../test/support/global-setup.ts';
import { table } from './compare.ts';
import { benchAtOnce } from './load/at-once.ts';
import { benchConnections } from './load/connections.ts';
import { benchEnvironments } from './load/environments.ts';
import { benchFairness } from './load/fairness.ts';
import { benchFollowers } from './load/followers.ts';
import { benchImages } from './load/images.ts';
import { benchInARow } from './load/in-a-row.ts';
import { describeHolding, emptyNode, holdingOf } from './load/measure.ts';
import { inspectable } from './load/used-heap.ts';

interface Bench {
  readonly settings?: Record<string, string>;
  readonly run: (gitkube: Gitkube) => Promise<void>;
}

const { values } = parseArgs({
  options: { pushes: { type: 'string', default: '500' }, only: { type: 'string' } },
});

const benches: Record<string, Bench> = {
  idle: {
    run: async (gitkube) => {
      const holding = await holdingOf(gitkube);
      const ratio = holding.megabytes / (await emptyNode());
      console.log(`idle: ${describeHolding(holding)}; ${ratio.toFixed(1)} of the memory of an empty Node`);
    },
  },
  connections: { settings: { GITKUBE_MAX_CONNECTIONS_PER_KEY: '300' }, run: benchConnections },
  images: { run: async (gitkube) => console.log(table([await benchImages(gitkube)])) },
  'at-once': { run: benchAtOnce },
  environments: { run: async (gitkube) => console.log(table([await benchEnvironments(gitkube)])) },
  fairness: {
    // So few that forty pushes fill every place, and have to wait.
    settings: { GITKUBE_MAX_PUSHES: '4', GITKUBE_HTTP_LISTEN: '127.0.0.1:0' },
    run: benchFairness,
  },
  followers: { run: benchFollowers },
  'in-a-row': { run: (gitkube) => benchInARow(gitkube, Number(values.pushes)) },
};

const chosen = values.only?.split(',') ?? Object.keys(benches);
const unknown = chosen.filter((name) => !Object.hasOwn(benches, name));
if (unknown.length > 0) {
  console.error(`no bench is called ${unknown.join(', ')}: ${Object.keys(benches).join(', ')}`);
  process.exit(2);
}

const end = await setup();
try {
  for (const name of chosen) {
    // Each on a server of its own, so that none pays for what another one left in memory.
    await using gitkube = await Gitkube.start({ ...inspectable, ...benches[name]?.settings });
    await benches[name]?.run(gitkube);
  }
} finally {
  await end?.();
}
