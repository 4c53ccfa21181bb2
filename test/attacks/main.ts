/** `npm run attacks [surface …]`: prints what each attack did to the control and to Gitkube. GITKUBE_TEST_RIG names a cluster that runs already. */
import { setup } from '../support/global-setup.ts';
import { type Attack, fell, type Surface, stood } from './attack.ts';
import { Lab } from './lab.ts';
import { isAsItShouldBe, type Result, runAttack } from './run.ts';
import { surfaces } from './surfaces.ts';
import { table } from './table.ts';

const wanted = process.argv.slice(2);
const chosen = surfaces.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const results: Result[] = [];
const end = await setup();
try {
  await using lab = await Lab.open();
  for (const surface of chosen) {
    for (const attack of surface.attacks) {
      results.push(await runAttack(lab, surface, attack).catch((error) => unfinished(surface, attack, error)));
      process.stderr.write('.');
    }
  }
} finally {
  await end?.();
}
console.log(`\n${table(results)}`);
if (results.length === 0 || !results.every(isAsItShouldBe)) process.exitCode = 1;

function unfinished({ name }: Surface, attack: Attack, error: unknown): Result {
  process.stderr.write(`${attack.what}: ${error}\n`);
  return { surface: name, attack, control: stood('not finished'), gitkube: fell('not finished') };
}
