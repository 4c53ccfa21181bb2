import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lab } from '../attacks/lab.ts';
import { runAttack } from '../attacks/run.ts';
import { surfaces } from '../attacks/surfaces.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.open();
});
afterAll(() => lab[Symbol.asyncDispose]());

describe.each(surfaces)('an attack on $name', (surface) => {
  it.each(surface.attacks)('harms a weak server, and not Gitkube: $what ($incident)', async (attack) => {
    const { control, gitkube } = await runAttack(lab, surface, attack);
    expect({ control, gitkube }).toEqual({
      control: { fell: true, seen: control.seen },
      gitkube: { fell: false, seen: gitkube.seen },
    });
  });
});
