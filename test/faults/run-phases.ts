import type { Finished } from '../support/command.ts';
import { outputWith } from '../support/output-with.ts';
import type { Outcome, Phase, Standing } from './cell.ts';
import { api, client, engine, git, not, registry } from './expected.ts';
import { ownWords } from './heard.ts';
import { stands } from './standing.ts';
import type { World } from './world.ts';

const code = 7;

/** The row of `ssh … run`: it deploys nothing, and no pod of it may be left. */
export const runPhases: readonly Phase[] = [
  {
    name: 'run: command',
    of: 'run',
    where: 'its pod runs, and has printed a line that the client has',
    announced: false,
    stand: standInCommand,
    expects: {
      ...client('cut off'),
      SIGTERM: 'refused',
      SIGKILL: 'cut off',
      ...git(not('no git takes part')),
      ...engine(not('nothing is built, and nothing asks the engine')),
      ...registry(not('the image is on the node')),
      ...api('ended'),
      'data volume full': 'ended',
      cancelled: not('it is no deploy: its client leaves, or types Ctrl-C'),
      'clock jumped': 'ended',
      locked: 'ended',
      'another push': 'ended',
      'Remote deleted': 'refused',
      'pod deleted': 'refused',
    },
  },
];

async function standInCommand(world: World): Promise<Standing> {
  const { project, gate } = world;
  const commit = (await project.git('ls-remote', project.url, 'refs/heads/main')).split('\t')[0] ?? '';
  const { seen, onOutput } = outputWith('up\n');
  const script = `echo up; ${gate.pass}; exit ${code}`;
  const running = project.sshWith({ onOutput }, 'run', `${project.namespace}/app`, 'www', '--', `sh -c '${script}'`);
  const shown = running.then(({ output, ...finished }) => ({
    ...finished,
    output: `${output}exit code ${finished.code}\n`,
  }));
  const standing = await stands(
    commit,
    shown,
    seen.then(() => gate.reached),
    () => gate.open(),
  );
  return { ...standing, outcomeOf };
}

function outcomeOf(finished: Finished): Outcome {
  if (finished.code === code) return 'ended';
  return finished.code === 125 && ownWords.test(finished.output) ? 'refused' : 'cut off';
}
