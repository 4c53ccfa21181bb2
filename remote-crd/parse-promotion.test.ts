import { expect, it } from 'vitest';
import { promotionId, readPromotion } from './parse-promotion.ts';

const prod = { namespace: 'shop', name: 'prod', environments: ['qa'] };

it.each([
  ['staging', 'shop/staging'],
  ['other/staging', 'other/staging'],
  ['other/staging/qa', 'other/staging/qa'],
  ['qa', 'shop/prod/qa'],
  ['shop/prod/qa', 'shop/prod/qa'],
  ['prod/qa', 'prod/qa'],
  ['shop/qa', 'shop/qa'],
  ['prod', 'shop/prod'],
])('%s is %s', (name, id) => {
  expect(promotionId(name, prod)).toBe(id);
});

it('what is promoted from is read in its order, each once', () => {
  const spec = { promoteFrom: ['staging', 'qa/app', 'shop/staging', 'qa'], requirePromotion: true };
  expect(readPromotion(spec, prod, 'shop/prod')).toEqual({
    promotion: { promotion: { from: ['shop/staging', 'qa/app', 'shop/prod/qa'], isRequired: true } },
    problems: [],
  });
  expect(readPromotion({}, prod, 'shop/prod')).toEqual({ promotion: {}, problems: [] });
});

it.each([
  [{ requirePromotion: true }, 'shop/prod', 'spec.requirePromotion is set, and spec.promoteFrom names nobody'],
  [
    { requirePromotion: true, promoteFrom: [] },
    'shop/prod',
    'spec.requirePromotion is set, and spec.promoteFrom names nobody',
  ],
  [{ promoteFrom: ['prod'] }, 'shop/prod', 'spec.promoteFrom names the Remote itself'],
  [{ promoteFrom: ['qa'] }, 'shop/prod/qa', 'spec.promoteFrom names the Remote itself'],
])('%j of %s is a problem', (spec, id, problem) => {
  expect(readPromotion(spec, prod, id).problems).toEqual([problem]);
});
