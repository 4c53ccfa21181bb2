import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../base/log.ts';
import type { AnyObject, Kube } from '../../kube/index.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { configAnnotation } from '../objects/objects.ts';
import { followConfigs, readConfigs, restartAnnotation } from './config-changes.ts';
import { configRefs } from './config-refs.ts';

const config = (kind: string, name: string, data: object): AnyObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'shop', uid: `uid of ${name}` },
  data,
});

function workload(podSpec: object, kind = 'Deployment', annotations: Record<string, string> = {}): AnyObject {
  const metadata = { name: 'www', namespace: 'shop', annotations };
  return { apiVersion: 'apps/v1', kind, metadata, spec: { template: { spec: podSpec } } };
}

const byEnv = (...names: string[]) => ({
  containers: [{ name: 'web', envFrom: names.map((name) => ({ configMapRef: { name } })) }],
});

/** What a push makes of a workload: the live objects, the manifests, what it was at the last push. */
async function pushed(
  object: AnyObject,
  live: AnyObject | undefined,
  cluster: readonly AnyObject[],
  own: readonly AnyObject[],
) {
  const kube: Pick<Kube, 'getObject'> = {
    getObject: async ({ kind, name }) => cluster.find((one) => one.kind === kind && one.metadata.name === name),
  };
  const deps = { kube: kube as Kube, clock: new ManualClock(), log: silentLogger };
  const lines: string[] = [];
  const configs = await readConfigs(deps, [object, ...own], 'me');
  const made = followConfigs(object, live, configs, (line) => lines.push(line));
  const template = made.spec as { template: { metadata?: { annotations?: Record<string, string> } } };
  return { made, lines, restarted: template.template.metadata?.annotations?.[configAnnotation] };
}

describe('what pods are started with', () => {
  it('is found in env, envFrom and volumes of every container', () => {
    const container = {
      env: [
        { valueFrom: { configMapKeyRef: { name: 'a', key: 'k' } } },
        { valueFrom: { secretKeyRef: { name: 'b', key: 'k' } } },
        { value: 'none' },
      ],
      volumeMounts: [{ name: 'two', subPath: 'file' }],
    };
    const volumes = [
      { name: 'one', configMap: { name: 'e' } },
      { name: 'two', secret: { secretName: 'f' } },
      { name: 'three', projected: { sources: [{ configMap: { name: 'g' } }, { secret: { name: 'h' } }] } },
      { name: 'four', emptyDir: {} },
    ];
    const init = { envFrom: [{ configMapRef: { name: 'c' } }, { secretRef: { name: 'd' } }] };
    const found = configRefs(workload({ initContainers: [init], containers: [container], volumes }));
    expect(found.map(({ kind, name, atStart }) => `${kind}/${name}${atStart ? '' : ' follows'}`)).toEqual([
      'ConfigMap/a',
      'ConfigMap/c',
      'ConfigMap/e follows',
      'ConfigMap/g follows',
      'Secret/b',
      'Secret/d',
      'Secret/f',
      'Secret/h follows',
    ]);
  });
});

describe('a workload of the manifests', () => {
  const old = config('ConfigMap', 'settings', { a: '1' });
  const changed = config('ConfigMap', 'settings', { a: '2' });
  const object = workload(byEnv('settings'));

  it('notes what its pods are started with when it is created, and is not restarted', async () => {
    const { made, restarted, lines } = await pushed(object, undefined, [], [old]);
    expect(made.metadata.annotations?.[configAnnotation]).toMatch(/^ConfigMap\/settings:[0-9a-f]{12}$/);
    expect([restarted, lines]).toEqual([undefined, []]);
  });

  it('is restarted once when what it names has changed', async () => {
    const first = await pushed(object, undefined, [], [old]);
    const second = await pushed(object, first.made, [old], [changed]);
    expect(second.lines).toEqual(['Deployment/www: is restarted, because ConfigMap/settings has changed']);
    expect(second.restarted).toBe(second.made.metadata.annotations?.[configAnnotation]);
    const third = await pushed(object, second.made, [changed], [changed]);
    expect([third.lines, third.made]).toEqual([[], second.made]);
  });

  it('of an earlier Gitkube is restarted only if this push changes what it names', async () => {
    expect(await pushed(object, object, [old], [old])).toMatchObject({ restarted: undefined, lines: [] });
    expect((await pushed(object, object, [old], [changed])).restarted).toMatch(/^ConfigMap/);
  });

  it('is restarted when somebody has changed what it names and the manifests do not have', async () => {
    const secret = (value: string) => config('Secret', 'keys', { key: value });
    const named = workload({ containers: [{ env: [{ valueFrom: { secretKeyRef: { name: 'keys' } } }] }] });
    const first = await pushed(named, undefined, [secret('MQ==')], []);
    const { lines } = await pushed(named, first.made, [secret('Mg==')], []);
    expect(lines).toEqual(['Deployment/www: is restarted, because Secret/keys has changed']);
    // Kubernetes updates a mounted volume without a restart, so a change made outside the manifests restarts nothing.
    const mounted = workload({ volumes: [{ name: 'keys', secret: { secretName: 'keys' } }] });
    expect((await pushed(mounted, first.made, [secret('Mg==')], [])).lines).toEqual([]);
  });

  it('is restarted when the push undoes what somebody has changed of what it names', async () => {
    const first = await pushed(object, undefined, [], [old]);
    const by = (manager: string): AnyObject => {
      const fieldsV1 = { 'f:data': { 'f:a': {} } };
      return { ...changed, metadata: { ...changed.metadata, managedFields: [{ manager, fieldsV1 }] } };
    };
    const { lines, restarted } = await pushed(object, first.made, [by('kubectl-edit')], [old]);
    expect(lines).toEqual(['Deployment/www: is restarted, because ConfigMap/settings has changed']);
    expect(restarted).toBeDefined();
    // As an admission webhook makes it of every push.
    expect((await pushed(object, first.made, [by('gitkube')], [old])).lines).toEqual([]);
    const emptied = config('ConfigMap', 'settings', {});
    expect((await pushed(object, first.made, [emptied], [old])).lines).toHaveLength(1);
  });

  it('is restarted also for settings that it was restarted for before', async () => {
    const first = await pushed(object, undefined, [], [old]);
    const second = await pushed(object, first.made, [old], [changed]);
    const emptied = config('ConfigMap', 'settings', {});
    const third = await pushed(object, second.made, [emptied], [changed]);
    expect(third.lines).toHaveLength(1);
    expect(third.restarted).not.toBe(second.restarted);
    const fourth = await pushed(object, third.made, [changed], [changed]);
    expect([fourth.lines, fourth.made]).toEqual([[], third.made]);
    const gone = await pushed(object, second.made, [], []);
    const back = await pushed(object, gone.made, [changed], []);
    expect(back.lines).toHaveLength(1);
    expect(back.restarted).not.toBe(second.restarted);
  });

  it('is not restarted for a key that somebody has added, nor for base64 in lines', async () => {
    const named = workload({ containers: [{ envFrom: [{ secretRef: { name: 'keys' } }] }] });
    const keys = config('Secret', 'keys', { pin: 'MTIzNA==' });
    const first = await pushed(named, undefined, [keys], [keys]);
    const live = config('Secret', 'keys', { pin: 'MTIzNA==', more: 'MQ==' });
    expect((await pushed(named, first.made, [live], [keys])).lines).toEqual([]);
    const wrapped = config('Secret', 'keys', { pin: 'MTIz\nNA==\n' });
    expect((await pushed(named, first.made, [keys], [wrapped])).lines).toEqual([]);
  });

  it('is restarted when something appears that was not there when its pods started', async () => {
    const first = await pushed(object, undefined, [], []);
    expect(first.lines).toEqual([]);
    const appeared = await pushed(object, first.made, [old], []);
    expect(appeared.lines).toEqual(['Deployment/www: is restarted, because ConfigMap/settings has changed']);
    expect(appeared.restarted).toMatch(/^ConfigMap\/settings:[0-9a-f]{12}$/);
    expect((await pushed(object, appeared.made, [old], [])).lines).toEqual([]);
    const created = await pushed(object, first.made, [], [old]);
    expect(created.lines).toEqual(['Deployment/www: is restarted, because ConfigMap/settings has changed']);
    expect((await pushed(object, created.made, [old], [old])).lines).toEqual([]);
    const secret = config('Secret', 'token', { a: '1' });
    const named = workload({ containers: [{ name: 'web', envFrom: [{ secretRef: { name: 'token' } }] }] });
    const without = await pushed(named, undefined, [], []);
    const shown = await pushed(named, without.made, [], [secret]);
    expect(shown.lines).toEqual(['Deployment/www: is restarted, because Secret/token has changed']);
    expect(shown.restarted).toBe('Secret/token:new-0');
    expect((await pushed(named, shown.made, [secret], [secret])).lines).toEqual([]);
  });

  it('is not restarted when what it names is gone, but when it is there again', async () => {
    const first = await pushed(object, undefined, [old], []);
    const gone = await pushed(object, first.made, [], []);
    expect(gone.lines).toEqual([]);
    const again = await pushed(object, gone.made, [changed], []);
    expect(again.lines).toEqual(['Deployment/www: is restarted, because ConfigMap/settings has changed']);
  });

  it('is not restarted if its annotation says so, and the push reports that', async () => {
    const calm = workload(byEnv('settings'), 'Deployment', { [restartAnnotation]: 'false' });
    const first = await pushed(calm, undefined, [], [old]);
    const { restarted, lines } = await pushed(calm, first.made, [old], [changed]);
    expect(restarted).toBeUndefined();
    expect(lines).toEqual([
      `Deployment/www: ConfigMap/settings has changed, and its pods keep what they were started with (${restartAnnotation})`,
    ]);
  });

  it('is not restarted if somebody has annotated it in the cluster, unless the manifest has the annotation', async () => {
    const first = await pushed(object, undefined, [], [old]);
    const annotated = (said: string, manager: string): AnyObject => {
      const fieldsV1 = { 'f:metadata': { 'f:annotations': { [`f:${restartAnnotation}`]: {} } } };
      const annotations = { ...first.made.metadata.annotations, [restartAnnotation]: said };
      const managedFields = [{ manager, operation: manager === 'gitkube' ? 'Apply' : 'Update', fieldsV1 }];
      return { ...first.made, metadata: { ...first.made.metadata, annotations, managedFields } };
    };
    const byHand = annotated('false', 'kubectl-annotate');
    const calm = await pushed(object, byHand, [old], [changed]);
    expect(calm.restarted).toBeUndefined();
    expect(calm.lines[0]).toMatch(/its pods keep what they were started with/);
    const loud = workload(byEnv('settings'), 'Deployment', { [restartAnnotation]: 'true' });
    expect((await pushed(loud, byHand, [old], [changed])).restarted).toBeDefined();
    // The manifest had it before, or kubectl apply: it goes with this push.
    for (const manager of ['gitkube', 'kubectl-client-side-apply']) {
      expect((await pushed(object, annotated('false', manager), [old], [changed])).restarted).toBeDefined();
    }
  });

  it('that is a Job or names nothing is not changed', async () => {
    const job = { ...object, apiVersion: 'batch/v1', kind: 'Job' };
    expect((await pushed(job, job, [old], [changed])).made).toBe(job);
    const alone = workload({ containers: [] });
    expect((await pushed(alone, alone, [old], [changed])).made).toBe(alone);
  });

  it('does not publish a hash from which a Secret could be guessed', async () => {
    const named = workload({ containers: [{ envFrom: [{ secretRef: { name: 'keys' } }] }] });
    const keys = config('Secret', 'keys', { pin: 'MTIzNA==' });
    const other = { ...keys, metadata: { ...keys.metadata, uid: 'another' } };
    const note = async (live: AnyObject) =>
      (await pushed(named, undefined, [live], [keys])).made.metadata.annotations?.[configAnnotation];
    expect(await note(keys)).not.toBe(await note(other));
    expect((await pushed(named, undefined, [], [keys])).made).toBe(named);
  });
});
