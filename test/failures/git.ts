import type { Project } from '../support/project.ts';
import { rejected, rejectedWith, type ScenarioGroup, type Stage } from './scenario.ts';

export const git: ScenarioGroup = {
  atOnce: 1,
  scenarios: {
    'another-branch': async (stage) => {
      const project = await pushed(stage);
      await project.git('branch', 'feature');
      return rejected(project, 'feature');
    },
    'another-name-for-head': async (stage) => rejected(await pushed(stage), 'HEAD:weird'),
    'deletion-of-what-runs': async (stage) => rejected(await pushed(stage), '--delete', 'main'),
    'non-fast-forward': async (stage) => {
      const project = await pushed(stage);
      await project.git('commit', '-q', '--amend', '-m', 'another first version');
      return rejected(project);
    },
    'release-tag': async (stage) => {
      const project = await pushed(stage);
      await project.commit('the next one');
      await project.git('tag', 'releases/7');
      return rejected(project, 'releases/7');
    },
    'rollback-to-no-release': async (stage) => rejected(await pushed(stage), 'HEAD:refs/rollback/7'),
    'unknown-option': async (stage) => {
      const project = await pushed(stage);
      await project.commit('words only');
      return rejected(project, '-o', 'skip-build', 'main');
    },
    'dry-run': async (stage) => {
      const project = await pushed(stage);
      await project.writeApp('www', 'www 2');
      await project.commit('second version');
      return rejected(project, '-o', 'dry-run', 'main');
    },
    'unknown-key': async (stage) => {
      const project = await pushed(stage);
      await project.makeKey('other');
      // As a client is by default: the words of a server while it logs in are no errors.
      const ssh = `ssh -F none -i ${project.keyFile('other')} -o IdentitiesOnly=yes`;
      const env = { GIT_SSH_COMMAND: `${ssh} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null` };
      return rejectedWith({ env }, project, 'main');
    },
  },
};

/** A project whose first commit runs. */
function pushed(stage: Stage): Promise<Project> {
  return stage.shared('git', async () => {
    const project = await stage.project({ replicas: 0 });
    await project.git('push', '-q', project.url, 'main');
    return project;
  });
}
