import { describe, expect, it } from 'vitest';
import { GitkubeError } from '../../../base/errors.ts';
import type { Remote } from '../../../remote-crd/index.ts';
import type { Release } from '../../git/release.ts';
import type { Repository } from '../../git/repository.ts';
import { watch } from './watch.ts';

const remote = { id: 'ns/app', branch: 'main', environments: [] } as unknown as Remote;
const error = new GitkubeError('ContainerCrashed', 'www: container app exited with code 3', { evidence: ['boom'] });

function makeRepository(...numbers: number[]) {
  let releases = numbers.map(
    (number) => ({ number, commit: `${number}`.repeat(40), record: { branch: 'main' } }) as unknown as Release,
  );
  const repository = {
    history: async () => ({ releases }),
    releases: async () => releases,
    release: async (number: number) => releases.find((one) => one.number === number),
  } as unknown as Repository;
  const add = (number: number) => {
    releases = [{ number, record: { branch: 'main' } } as unknown as Release, ...releases];
  };
  return { repository, add };
}

describe('the return from a release', () => {
  it('runs the one before it again, says why, and replaces no push that waits', async () => {
    const { repository } = makeRepository(7, 6);
    const wanted = await watch.ask({ from: 7, to: 6, error }, { remote, repository });
    expect(wanted).toMatchObject({
      revision: { branch: 'main', rollbackTo: 6, oid: '6'.repeat(40) },
      options: { noCache: false, skipDeploy: false, dryRun: false },
      why: ['releases/7 is watched, and failed: www: container app exited with code 3', '| boom'],
      givesWay: true,
    });
    await wanted.stillFits(remote);
  });

  it('is refused when another one was released while it waited', async () => {
    const { repository, add } = makeRepository(7, 6);
    const { stillFits } = await watch.ask({ from: 7, to: 6, error }, { remote, repository });
    add(8);
    await expect(stillFits(remote)).rejects.toMatchObject({
      reason: 'RefMoved',
      message: 'releases/8 was released while the return from releases/7 waited',
    });
  });
});
