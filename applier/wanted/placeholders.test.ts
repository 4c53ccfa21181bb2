import { describe, expect, it } from 'vitest';
import type { AnyObject } from '../../kube/kube.ts';
import type { DeploymentTarget } from '../../remote-crd/remote.ts';
import { filledImages, fillIn, findPlaceholders, sayFilled } from './placeholders.ts';

const digest = (name: string) => `registry:5000/ns-app-ns.${name}@sha256:${'1'.repeat(64)}`;
const pushed = { web: { web: digest('web-web') } };

function workload(kind: string, name: string, containers: Record<string, string>, inits: Record<string, string> = {}) {
  const list = (images: Record<string, string>) => Object.entries(images).map(([one, image]) => ({ name: one, image }));
  const template = { spec: { initContainers: list(inits), containers: list(containers) } };
  const spec =
    kind === 'CronJob' ? { jobTemplate: { spec: { template } } } : kind === 'Pod' ? template.spec : { template };
  return { apiVersion: 'v1', kind, metadata: { name }, spec } as AnyObject;
}

function target(name: string, ...containers: string[]): DeploymentTarget {
  const built = containers.map((one) => ({ name: one, path: '.', dockerfile: 'Dockerfile', buildArgs: [] }));
  return { kind: 'Deployment', name, containers: built } as unknown as DeploymentTarget;
}

/** What the manifests become, with the images that are built by the Remote. */
function filled(
  objects: readonly AnyObject[],
  targets: readonly DeploymentTarget[],
  images = pushed as object,
): AnyObject[] {
  const placeholders = findPlaceholders(objects, targets, images as never);
  return objects.map((object) => fillIn(object, placeholders, images as never));
}

const web = workload('Deployment', 'web', { web: 'x.invalid/y', proxy: 'envoy:1' });

describe('a placeholder of an image that is built', () => {
  it.each(['Job', 'CronJob', 'Pod', 'StatefulSet', 'DaemonSet', 'ReplicaSet'])('is filled in a %s, too', (kind) => {
    const other = workload(kind, 'other', { migrate: 'x.invalid/y', proxy: 'envoy:1' }, { wait: 'x.invalid/y' });
    const expected = workload(
      kind,
      'other',
      { migrate: digest('web-web'), proxy: 'envoy:1' },
      { wait: digest('web-web') },
    );
    expect(filled([web, other], [target('web', 'web')])[1]).toEqual(expected);
  });

  it('is filled in every container of the workload itself', () => {
    const own = workload('Deployment', 'web', { web: 'x.invalid/y', same: 'x.invalid/y' }, { migrate: 'x.invalid/y' });
    const expected = workload(
      'Deployment',
      'web',
      { web: digest('web-web'), same: digest('web-web') },
      { migrate: digest('web-web') },
    );
    expect(filled([own], [target('web', 'web')])).toEqual([expected]);
  });

  it('is filled in every image of a custom object, and stays text in a ConfigMap', () => {
    const custom = {
      apiVersion: 'example.com/v1',
      kind: 'Task',
      metadata: { name: 'a' },
      spec: { steps: [{ image: 'x.invalid/y' }] },
    };
    const data = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { image: 'x.invalid/y' } };
    expect(filled([web, custom, data], [target('web', 'web')]).slice(1)).toEqual([
      { ...custom, spec: { steps: [{ image: digest('web-web') }] } },
      data,
    ]);
  });

  it('is filled in a volume that is an image, which is reported', () => {
    const volume = (reference: string) => ({ name: 'models', image: { reference, pullPolicy: 'Always' } });
    const pod = (image: string) => {
      const made = workload('Pod', 'batch', { batch: image });
      return { ...made, spec: { ...(made.spec as object), volumes: [volume(image)] } };
    };
    const [, changed] = filled([web, pod('x.invalid/y')], [target('web', 'web')]);
    expect(changed).toEqual(pod(digest('web-web')));
    const lines: string[] = [];
    const placeholders = findPlaceholders([web], [target('web', 'web')], pushed);
    sayFilled([pod('x.invalid/y')], placeholders, [target('web', 'web')], (line) => lines.push(line));
    expect(lines).toEqual([
      'Pod/batch: container batch gets the image of web/web in place of x.invalid/y',
      'Pod/batch: volume models gets the image of web/web in place of x.invalid/y',
    ]);
  });

  it('may be the name that the image is pushed under, also where its workload is not in the manifests', () => {
    const job = workload('Job', 'migrate', { migrate: 'registry:5000/ns-app-ns.web-web' });
    expect(filled([job], [target('web', 'web')])).toEqual([workload('Job', 'migrate', { migrate: digest('web-web') })]);
  });

  it('is not filled where it has another tag, which is reported', () => {
    const job = workload('Job', 'old', { migrate: 'x.invalid/y:1' });
    expect(filled([web, job], [target('web', 'web')])[1]).toEqual(job);
    const lines: string[] = [];
    const placeholders = findPlaceholders([web, job], [target('web', 'web')], pushed);
    const same = workload('Job', 'new', { migrate: 'x.invalid/y' });
    sayFilled([web, job, same], placeholders, [target('web', 'web')], (line) => lines.push(line));
    expect(lines).toEqual([
      'Job/old: container migrate keeps x.invalid/y:1; only x.invalid/y is replaced by a built image',
      'Job/new: container migrate gets the image of web/web in place of x.invalid/y',
    ]);
  });

  const two = { web: { web: digest('web-web') }, worker: { worker: digest('worker-worker') } };
  const worker = workload('Deployment', 'worker', { worker: 'x.invalid/y' });
  const both = [target('web', 'web'), target('worker', 'worker')];

  it('that two containers have is filled by the name of the container', () => {
    const job = workload('Job', 'other', { worker: 'x.invalid/y' });
    const [first, second, third] = filled([web, worker, job], both, two);
    expect(first).toEqual(workload('Deployment', 'web', { web: digest('web-web'), proxy: 'envoy:1' }));
    expect(second).toEqual(workload('Deployment', 'worker', { worker: digest('worker-worker') }));
    expect(third).toEqual(workload('Job', 'other', { worker: digest('worker-worker') }));
  });

  it('that could be either of two is refused', () => {
    const job = workload('Job', 'other', { migrate: 'x.invalid/y' });
    expect(() => filled([web, worker, job], both, two)).toThrow(
      'Job/other names the image x.invalid/y, which is the placeholder of web/web and worker/worker',
    );
  });

  it('is filled also over an image that others have set there', () => {
    const job = workload('StatefulSet', 'other', { migrate: 'x.invalid/y', proxy: 'envoy:1' });
    const placeholders = findPlaceholders([web, job], [target('web', 'web')], pushed);
    expect(filledImages(job, placeholders, pushed)).toEqual({ migrate: digest('web-web') });
  });
});
