import { editCommand } from '../../../base/edit-remote.ts';
import { asGitkubeError } from '../../../base/errors.ts';
import type { Logger } from '../../../base/log.ts';
import type { Remote } from '../../../remote-crd/index.ts';
import type { DeployRequest } from '../request.ts';
import type { Step } from '../step.ts';
import { readWarned, type Warned, writeWarned } from '../warned-note.ts';
import type { RiskFacts } from './find-risks.ts';

type Needs = Pick<DeployRequest, 'repository' | 'output'> & RiskFacts & { readonly remote: Remote };

/** Prints what workloads lack, a line each, once: again only when that is something else than before. */
export const warn: Step<Needs, object, { readonly log: Logger }> = {
  name: 'warn',
  run: async ({ remote, repository, output, risks }, { log }) => {
    const all = await risks;
    if (all.length === 0) return {};
    const before = await readWarned(repository.folder).catch(() => ({}) as Warned);
    const now = Object.fromEntries(all.map(({ kind, name, risks: some }) => [`${kind}/${name}`, some.join('; ')]));
    const news = all.filter(
      ({ kind, name, risks: some }) => some.length > 0 && before[`${kind}/${name}`] !== now[`${kind}/${name}`],
    );
    for (const { name, risks: some } of news) output.say(`${name}: warning: ${some.join('; ')}`);
    if (news.length > 0)
      output.say(`to leave such warnings out, set spec.rollout.warnings: false: ${editCommand(remote)}`);
    const changed = Object.entries(now).some(([key, value]) => (before[key] ?? '') !== value);
    const failed = (thrown: unknown) => log.warn({ err: asGitkubeError(thrown) }, 'warnings will be printed again');
    if (changed) await writeWarned(repository.folder, { ...before, ...now }).catch(failed);
    return {};
  },
};
