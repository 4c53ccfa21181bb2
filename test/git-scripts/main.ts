/**
 * `npm run git-scripts [-- t5541 …]`: git's own scripts about smart HTTP, by the git that is installed, against the door of Gitkube.
 * Fails where a test does not do what expected.ts says of it.
 */
import { stderrProgress } from '../cluster/progress.ts';
import { describeError, RigError } from '../cluster/rig-error.ts';
import { defaultCacheDir } from '../cluster/state.ts';
import { unpackedPackages } from '../cluster/unpacked.ts';
import { gitSource } from './git-source.ts';
import { type Judgement, judge, table } from './judge.ts';
import { readResults } from './results.ts';
import { scripts } from './scripts.ts';
import { Workshop } from './workshop.ts';

const wanted = process.argv.slice(2);
const chosen = scripts.filter((script) => wanted.length === 0 || wanted.some((name) => script.startsWith(name)));
try {
  if (chosen.length === 0) {
    throw new RigError(`there is no script ${wanted.join(' ')}`, { hint: [`there are ${scripts.join(' ')}`] });
  }
  const { version, judgements } = await runAll();
  console.log(`git ${version}\n\n${table(judgements)}`);
  const surprises = judgements.flatMap((one) => one.surprises);
  for (const surprise of surprises) console.log(`\n${surprise}`);
  console.log(`\n${surprises.length} results are not as expected`);
  process.exitCode = surprises.length === 0 ? 0 : 1;
} catch (thrown) {
  for (const line of describeError(thrown)) console.error(line);
  process.exitCode = 2;
}

async function runAll(): Promise<{ version: string; judgements: Judgement[] }> {
  const cacheDir = defaultCacheDir(process.env);
  const source = await gitSource(cacheDir, stderrProgress);
  const terminal = await unpackedPackages(['libio-pty-perl'], cacheDir, stderrProgress);
  await using workshop = await Workshop.open(source, terminal);
  const judgements: Judgement[] = [];
  for (const script of chosen) {
    const printed = await stderrProgress.step(script, () => workshop.run(`${script}.sh`));
    judgements.push(judge(script, readResults(printed), source.version));
  }
  return { version: source.version, judgements };
}
