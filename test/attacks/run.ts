import type { Attack, Outcome, Surface } from './attack.ts';
import type { Lab } from './lab.ts';

export interface Result {
  readonly surface: string;
  readonly attack: Attack;
  readonly control: Outcome;
  readonly gitkube: Outcome;
}

/** First the control, which has to fall: an attack that harms nobody shows nothing about the one that it does not harm. */
export async function runAttack(lab: Lab, surface: Pick<Surface, 'name'>, attack: Attack): Promise<Result> {
  const control = await attack.attempt(await lab.freshControl());
  const outcome = await attack.attempt(lab.gitkube);
  const gitkube = (await lab.gitkube.serves())
    ? outcome
    : { fell: true, seen: `${outcome.seen}; serves nobody after it` };
  return { surface: surface.name, attack, control, gitkube };
}

export function isAsItShouldBe({ control, gitkube }: Result): boolean {
  return control.fell && !gitkube.fell;
}
