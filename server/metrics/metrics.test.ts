import { describe, expect, it } from 'vitest';
import { Bus } from '../../base/bus.ts';
import { GitkubeError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import type { BuiltImage } from '../../builder/index.ts';
import type { DeployEnd } from '../deploys/events.ts';
import type { ServerEvent } from '../server-event.ts';
import { Metrics } from './metrics.ts';

const image = (built: boolean) => ({ built, buildMs: 2000, pushMs: 500 }) as BuiltImage;
const failed = (reason: 'BuildFailed' | 'Cancelled' | 'ContainerCrashed', phase: DeployEnd['phase']): DeployEnd => ({
  id: 'p1',
  outcome: { kind: 'failed', error: new GitkubeError(reason, 'x') },
  durations: { check: 20 },
  phase,
  images: [],
});

async function lines(metrics: Metrics): Promise<string[]> {
  return (await metrics.text()).body.split('\n');
}

describe('the metrics', () => {
  it('count how pushes end, and what became of their images', async () => {
    const metrics = new Metrics('1.2.3');
    const bus = new Bus<ServerEvent>(silentLogger);
    metrics.subscribe(bus);
    bus.emit({
      kind: 'deployEnded',
      id: 'p1',
      outcome: { kind: 'built' },
      durations: { build: 3000 },
      phase: 'accept',
      images: [image(true)],
    });
    bus.emit({
      kind: 'deployEnded',
      id: 'p1',
      outcome: { kind: 'unchanged' },
      durations: {},
      phase: 'refs',
      images: [image(false)],
    });
    bus.emit({
      kind: 'deployEnded',
      id: 'p1',
      outcome: { kind: 'checked' },
      durations: {},
      phase: 'check',
      images: [],
    });
    bus.emit({ kind: 'deployEnded', ...failed('BuildFailed', 'build') });
    bus.emit({ kind: 'deployEnded', ...failed('Cancelled', 'build') });
    bus.emit({ kind: 'deployEnded', ...failed('ContainerCrashed', 'rollout') });
    expect(await lines(metrics)).toEqual(
      expect.arrayContaining([
        'gitkube_build_info{version="1.2.3"} 1',
        'gitkube_pushes_total{outcome="built",reason="Built"} 1',
        'gitkube_pushes_total{outcome="checked",reason="Checked"} 1',
        'gitkube_pushes_total{outcome="failed",reason="BuildFailed"} 1',
        'gitkube_pushes_total{outcome="failed",reason="ContainerCrashed"} 1',
        'gitkube_builds_total{result="built"} 1',
        'gitkube_builds_total{result="cached"} 1',
        'gitkube_builds_total{result="failed"} 1',
        'gitkube_build_seconds_sum 2',
        'gitkube_image_push_seconds_sum 0.5',
        'gitkube_push_phase_seconds_sum{phase="build"} 3',
        'gitkube_push_phase_seconds_count{phase="check"} 3',
      ]),
    );
  });

  it('count how the watches of releases end, and not those that begin', async () => {
    const metrics = new Metrics('1');
    const bus = new Bus<ServerEvent>(silentLogger);
    metrics.subscribe(bus);
    const remote = { id: 'ns/app', uid: 'u1', namespace: 'ns', name: 'app', environment: '' };
    for (const finding of [
      { kind: 'watching', release: 7, until: 0 },
      { kind: 'held', release: 7 },
      { kind: 'unwatched' },
    ] as const)
      bus.emit({ kind: 'releaseWatched', remote, finding });
    const counted = (await lines(metrics)).filter((line) => /^gitkube_watches_total.* [1-9]/.test(line));
    expect(counted).toEqual(['gitkube_watches_total{result="held"} 1']);
  });

  it('count how tasks end by stage, and how long they took, by no name', async () => {
    const metrics = new Metrics('1');
    const bus = new Bus<ServerEvent>(silentLogger);
    metrics.subscribe(bus);
    expect(await lines(metrics)).toContain('gitkube_tasks_total{stage="Migrate",outcome="undoFailed"} 0');
    const of = {
      remote: { id: 'ns/app', uid: 'u1', namespace: 'ns', name: 'app', environment: '' },
      deploy: 'd1',
      commit: 'c1',
    };
    for (const task of [
      { name: 'schema', stage: 'Migrate', state: 'Running' },
      { name: 'schema', stage: 'Migrate', state: 'Succeeded', seconds: 2 },
      { name: 'schema', stage: 'Migrate', state: 'Undone' },
      { name: 'unit', stage: 'Test', state: 'Skipped' },
    ] as const)
      bus.emit({ kind: 'taskChanged', of, task });
    const ended = { name: 'unit', stage: 'Test', state: 'Failed', seconds: 9 } as const;
    bus.emit({ kind: 'taskChanged', of, task: ended, isCancelled: true });
    const text = await lines(metrics);
    expect(text.filter((line) => /^gitkube_tasks_total.* [1-9]/.test(line)).toSorted()).toEqual([
      'gitkube_tasks_total{stage="Migrate",outcome="succeeded"} 1',
      'gitkube_tasks_total{stage="Migrate",outcome="undone"} 1',
      'gitkube_tasks_total{stage="Test",outcome="cancelled"} 1',
      'gitkube_tasks_total{stage="Test",outcome="skipped"} 1',
    ]);
    expect(text.join()).not.toContain('gitkube_task_seconds_sum{stage="Test"} 9');
    expect(text).toContain('gitkube_task_seconds_sum{stage="Migrate"} 2');
    expect(text.join()).not.toContain('schema');
  });

  it('measure when asked, and are 0 before there is anything', async () => {
    const metrics = new Metrics('1');
    expect(await lines(metrics)).toContain('gitkube_remotes 0');
    const remotes = { count: 3, watchRestarts: 4 };
    metrics.measure({
      queue: { running: 1, waiting: 2 },
      remotes,
      ssh: { connections: 5 },
      watches: [{ restarts: 2 }],
    });
    const expected = [
      'gitkube_remotes 3',
      'gitkube_pushes_running 1',
      'gitkube_pushes_waiting 2',
      'gitkube_ssh_connections 5',
      'gitkube_watch_restarts_total 6',
    ];
    expect(await lines(metrics)).toEqual(expect.arrayContaining(expected));
    expect(await lines(metrics)).toEqual(expect.arrayContaining(expected));
  });

  it('describe the process', async () => {
    expect(new Metrics('1').names).toContain('process_resident_memory_bytes');
  });
});
