import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Bus } from '../../base/bus.ts';
import { GitkubeError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import { BareRepository } from '../../test/support/bare-repository.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { DeployReport } from './deploy-report.ts';
import type { DeployEvent, DeployOutcome } from './events.ts';
import { Phases } from './phases.ts';
import { notePush, readPushNotes } from './under-way-note.ts';

let bare: BareRepository;
beforeEach(async () => {
  bare = await BareRepository.create();
});
afterEach(() => bare[Symbol.asyncDispose]());

/** A push that ends while the API server takes no status. @returns what its note says then */
async function noteOf(outcome: DeployOutcome) {
  const report = new DeployReport({
    id: 'p1',
    repository: () => bare.repository,
    phases: new Phases(new ManualClock()),
    events: new Bus<DeployEvent>(silentLogger),
    onceReported: () => {},
    log: silentLogger,
  });
  const remote = { id: 'ns/app', namespace: 'ns', name: 'app', environment: '', uid: 'u1' };
  report.announced({ id: 'p1', remote, branch: 'main', commit: bare.next, by: 'alice' });
  report.finish(outcome, []);
  await report.end();
  const [note] = await readPushNotes(bare.repository.path);
  return note;
}

it('the note of a push has its outcome until the status has it', async () => {
  const error = new GitkubeError('BuildFailed', 'COPY failed');
  const ended = { kind: 'failed', reason: 'BuildFailed', message: 'COPY failed' };
  expect(await noteOf({ kind: 'failed', error })).toMatchObject({ id: 'p1', release: 1, ended });
  expect(await noteOf({ kind: 'built' })).toMatchObject({ ended: { kind: 'built' } });
});

it('a note or a draft that a killed server left unfinished is deleted, and the others are read', async () => {
  const folder = bare.repository.path;
  await notePush(folder, { id: 'p1', branch: 'main', commit: bare.next, by: 'alice', waits: true });
  await writeFile(join(folder, 'gitkube-push-p2.json'), '');
  await writeFile(join(folder, 'gitkube-push-p3.json.new'), '{"id":"p3"');
  expect(await readPushNotes(folder)).toMatchObject([{ id: 'p1' }]);
  expect((await readdir(folder)).filter((name) => name.startsWith('gitkube-push'))).toEqual(['gitkube-push-p1.json']);
});
