import { expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import { createLogger } from '../../base/log.ts';
import type { EventFact, RemoteChange, RemoteEntry } from '../../remote-crd/index.ts';
import { reportRefusals } from './report-refusals.ts';

const error = new GitkubeError('ServedElsewhere', 'another Gitkube serves namespace team-a: first');
const elsewhere = { holder: 'first', error, remote: undefined, problem: undefined };

function entry(name: string, change: Partial<RemoteEntry> = {}): RemoteEntry {
  const id = `team-a/${name}`;
  return { id, namespace: 'team-a', name, environment: '', uid: `uid-${name}`, elsewhere, ...change } as RemoteEntry;
}

function start(entries: readonly RemoteEntry[]) {
  const logged: Record<string, unknown>[] = [];
  const recorded: (EventFact & { name: string })[] = [];
  let listener: (change: RemoteChange) => void = () => {};
  reportRefusals({
    remotes: {
      entries: () => [...entries],
      onChange: (listen) => {
        listener = listen;
        return () => {};
      },
    },
    events: { record: ({ name }, fact) => void recorded.push({ name, ...fact }) },
    name: 'second',
    log: createLogger('info', { write: (line: string) => logged.push(JSON.parse(line)) }),
  });
  return { logged, recorded, see: (one: RemoteEntry) => listener({ id: one.id, entry: one }) };
}

it('a namespace of another server is reported once in the log, and once by an Event on each of its Remotes', () => {
  const { logged, recorded, see } = start([entry('www'), entry('api')]);
  for (let times = 0; times < 3; times++) see(entry('www'));
  const moved = new GitkubeError('ServedElsewhere', `${error.message} (on another pod)`);
  see(entry('www', { elsewhere: { ...elsewhere, error: moved } }));
  see(entry('new'));
  expect(logged).toEqual([expect.objectContaining({ namespace: 'team-a', holder: 'first', why: error.message })]);
  const message = 'another Gitkube serves namespace team-a: first; second does not';
  expect(recorded).toEqual(['www', 'api', 'new'].map((name) => ({ name, reason: 'ServedElsewhere', message })));
});

it('a namespace whose holder is unknown is not reported, and a missing right is', () => {
  const unknown = new GitkubeError('ClusterUnavailable', 'it is not known yet which server serves namespace team-a');
  const refused = new GitkubeError('ClusterForbidden', 'gitkube may not create leases in namespace team-a');
  const { logged, recorded, see } = start([
    entry('www', { elsewhere: { ...elsewhere, holder: undefined, error: unknown } }),
  ]);
  expect([logged, recorded]).toEqual([[], []]);
  see(entry('www', { elsewhere: { ...elsewhere, holder: undefined, error: refused } }));
  expect(recorded).toMatchObject([{ reason: 'ClusterForbidden' }]);
});
