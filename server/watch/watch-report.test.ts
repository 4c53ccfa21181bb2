import { describe, expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import type { WatchFinding } from './finding.ts';
import { conditionOf, eventOf } from './watch-report.ts';

const remote = { environment: '' };
const error = new GitkubeError('ContainerCrashed', 'www: container app in pod www-1 exited with code 3');
const failure = new GitkubeError('ReleaseUnusable', 'an image of it is gone');

describe('what is reported of a release that is watched', () => {
  const cases: [WatchFinding, string, string, string][] = [
    [
      { kind: 'watching', release: 7, until: Date.UTC(2026, 0, 1) },
      'Unknown',
      'Watching',
      'releases/7 is watched until 2026-01-01T00:00:00Z',
    ],
    [{ kind: 'held', release: 7 }, 'True', 'Held', 'the pods of releases/7 ran as long as they were watched'],
    [
      { kind: 'ended', release: 7, why: 'cancelled by bob' },
      'Unknown',
      'Ended',
      'releases/7 is no longer watched: cancelled by bob',
    ],
  ];
  it.each(cases)('is a condition: %j', (finding, status, reason, message) => {
    expect(conditionOf({ remote, finding })).toEqual({ status, reason, message });
    expect(eventOf({ remote, finding })).toBeUndefined();
  });

  it('that returned is an Event, too, which names all three releases and why', () => {
    const finding = { kind: 'returned', release: 7, to: 6, as: 8, error } as const;
    const message = `releases/7 returned to releases/6, which runs as releases/8: ${error.message}`;
    expect(conditionOf({ remote, finding })).toEqual({ status: 'False', reason: 'Returned', message });
    expect(eventOf({ remote, finding })).toEqual({ reason: 'Returned', message });
  });

  it('that could not return says so, with both reasons', () => {
    const finding = { kind: 'returnFailed', release: 7, to: 6, error, failure } as const;
    const message = `releases/7 fails and still runs: ${error.message}; releases/6 could not run again: ${failure.message}`;
    expect(conditionOf({ remote, finding })).toEqual({ status: 'False', reason: 'ReturnFailed', message });
    expect(eventOf({ remote, finding })).toEqual({ reason: 'ReturnFailed', message });
  });

  it('is named as the tags of its environment are', () => {
    const finding = { kind: 'returned', release: 7, to: 6, as: 8, error } as const;
    const message = `releases/qa/7 returned to releases/qa/6, which runs as releases/qa/8: ${error.message}`;
    expect(eventOf({ remote: { environment: 'qa' }, finding })).toEqual({ reason: 'Returned', message });
  });

  it('that is not watched has no condition', () => {
    expect(conditionOf({ remote, finding: { kind: 'unwatched' } })).toBe('unreported');
  });
});
