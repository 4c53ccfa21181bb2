import { databaseAhead, forgetSettled, migrationsOf } from '../../tasks/database-ahead.ts';
import type { DeployRequest } from '../request.ts';
import type { Step } from '../step.ts';
import type { RemoteFacts } from './authorize-again.ts';

type Needs = Pick<DeployRequest, 'repository' | 'receivePacks' | 'output' | 'signal'> & RemoteFacts;

/** Completes or undoes what a server or a git that was cut off has left, before anything is built on it. */
export const recoverCutOff: Step<Needs, object> = {
  name: 'recover-cut-off',
  run: async ({ remote, repository, receivePacks, output, signal }, { recover }) => {
    await forgetSettled(repository);
    const ahead = await databaseAhead(repository, migrationsOf(remote));
    if (ahead) output.say(`warning: of an earlier deploy: ${ahead.message}`);
    const of = 'of a deploy that was cut off';
    const say = (line: string) => output.say(`${of}: ${line}`);
    const remains = await recover(repository, receivePacks, { say, signal });
    for (const what of remains) output.say(`warning: ${of}: ${what}`);
    return {};
  },
};
