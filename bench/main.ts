/** `npm run bench`: prints the tables of docs/speed.md. GITKUBE_TEST_RIG names a cluster that runs already. */
import { Gitkube } from '../test/support/gitkube.ts';
import { setup } from '../test/support/global-setup.ts';
import { table } from './compare.ts';
import { benchDeploy, benchPhases } from './deploy.ts';
import { benchTransport } from './transport.ts';

const end = await setup();
try {
  await using gitkube = await Gitkube.start();
  const deploys = await benchDeploy(gitkube);
  const phases = await benchPhases(gitkube);
  const transport = await benchTransport(gitkube);
  console.log(table([...deploys, ...transport.comparisons]));
  console.log(`\nServer memory above idle during the large pushes: ${Math.round(transport.memory)} MB\n`);
  console.log(['| phase | one file changed | nothing changed |', '|---|---|---|', ...phases].join('\n'));
} finally {
  await end?.();
}
