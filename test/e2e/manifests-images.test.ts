import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Gitkube } from '../support/gitkube.ts';
import { createManifestsProject, deployment, job, placeholder, service, yaml } from '../support/manifests.ts';
import type { Project } from '../support/project.ts';

let gitkube: Gitkube;

beforeAll(async () => {
  gitkube = await Gitkube.start();
});
afterAll(() => gitkube[Symbol.asyncDispose]());

const page = 'cat /www/index.html';

function jobImage(app: Project): Promise<string> {
  return app.kubectl('get', 'job', 'migrate', '-o', 'jsonpath={.spec.template.spec.containers[0].image}');
}

describe('an image that is built', () => {
  it('goes wherever the manifests write its placeholder; a Job runs again with each new one', async () => {
    await using app = await createManifestsProject(gitkube);
    const objects = [deployment(), service(), job('migrate', page, placeholder)];
    await app.write('k8s/app.yaml', yaml(...objects));
    await app.commit('with a migration');
    const first = await app.push();
    expect(first.output).toContain('Job/migrate: container web gets the image of www/www');
    expect(first.output).toMatch(/Job\/migrate: complete after/);
    expect(first.code).toBe(0);
    expect(await jobImage(app)).toBe(await app.image());

    await app.write('README.md', 'words only\n');
    await app.commit('nothing to build');
    const same = await app.push();
    expect(same.output).toContain('none changed');
    expect(same.code).toBe(0);

    await app.writeApp('www', 'www 2');
    await app.commit('second version');
    const second = await app.push();
    expect(second.output).toContain('Job/migrate: cannot be changed, deleted and created again');
    expect(second.code).toBe(0);
    expect(await jobImage(app)).toBe(await app.image());
    expect(await app.kubectl('logs', 'job/migrate')).toBe('www 2\n');

    await app.write('k8s/app.yaml', yaml(deployment(), service(), job('migrate', 'exit 7', placeholder)));
    await app.commit('a migration that fails');
    const third = await app.push();
    expect(third.output).toContain('exited with code 7');
    expect(third.output).toContain('Job/migrate: the one before has run and is not created again');
    expect(third.code).toBe(1);
    expect(await app.page()).toBe('www 2');
    expect(await app.kubectl('get', 'jobs', '-o', 'name')).toBe('');
  });
});
