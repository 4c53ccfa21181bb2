import { expect, it } from 'vitest';
import { rights } from '../../remote-crd/index.ts';
import { allows, isOfBranch, type Verb, verbs } from './verbs.ts';

it.each(Object.keys(verbs) as Verb[])(
  '%s is allowed by the rights that its entry names, and by those that include them',
  (verb) => {
    const enough = rights.filter((right) => allows(right, verb));
    const reads = (verbs[verb].rights as readonly string[]).includes('read');
    expect(enough).toEqual(reads ? [...rights] : [...verbs[verb].rights]);
    expect(isOfBranch(verb)).toBe(!reads);
  },
);
