/** What a pusher sees when a push fails, in files to be read. `npm run failures:update` writes them again. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { Semaphore } from '../../base/semaphore.ts';
import { build } from '../failures/build.ts';
import { git } from '../failures/git.ts';
import { manifests } from '../failures/manifests.ts';
import { registry } from '../failures/registry.ts';
import { rollout } from '../failures/rollout.ts';
import { Stage } from '../failures/scenario.ts';
import { Gitkube } from '../support/gitkube.ts';

const groups = { rollout, manifests, build, registry, git };
const texts = new Map<string, Promise<string>>();

let gitkube: Gitkube;
let stage: Stage;

/** All at once: they wait most of the time, each for something else. */
beforeAll(async () => {
  gitkube = await Gitkube.start();
  stage = new Stage(gitkube);
  for (const [group, { atOnce, scenarios }] of Object.entries(groups)) {
    const places = new Semaphore(atOnce);
    for (const [name, scenario] of Object.entries(scenarios)) {
      const text = (async () => {
        const leave = await places.acquire(AbortSignal.timeout(240_000));
        return scenario(stage).finally(leave);
      })();
      text.catch(() => {});
      texts.set(`${group}/${name}`, text);
    }
  }
});
afterAll(async () => {
  await Promise.allSettled(texts.values());
  await stage[Symbol.asyncDispose]();
  await gitkube[Symbol.asyncDispose]();
});

const names = Object.entries(groups).flatMap(([group, { scenarios }]) =>
  Object.keys(scenarios).map((name) => `${group}/${name}`),
);

describe('a push that is rejected says why, where, and what to type next', () => {
  it.for(names)('%s', async (name, { expect }) => {
    await expect(await texts.get(name)).toMatchFileSnapshot(`../failures/${name}.txt`);
  });
});
