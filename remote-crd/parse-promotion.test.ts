import { expect, it } from 'vitest';
import { readPromotion, withNamespace } from './parse-promotion.ts';

const prod = { namespace: 'shop', name: 'prod' };

it('a Remote that is named alone is one of the same namespace', () => {
  expect(withNamespace('staging', 'shop')).toBe('shop/staging');
  expect(withNamespace('other/staging', 'shop')).toBe('other/staging');
});

it('what is promoted from is read in its order, each Remote once', () => {
  const spec = { promoteFrom: ['staging', 'qa/app', 'shop/staging'], requirePromotion: true };
  expect(readPromotion(spec, prod)).toEqual({
    promotion: { promotion: { from: ['shop/staging', 'qa/app'], isRequired: true } },
    problems: [],
  });
  expect(readPromotion({}, prod)).toEqual({ promotion: {}, problems: [] });
});

it.each([
  [{ requirePromotion: true }, 'spec.requirePromotion is set, and spec.promoteFrom names no Remote'],
  [{ requirePromotion: true, promoteFrom: [] }, 'spec.requirePromotion is set, and spec.promoteFrom names no Remote'],
  [{ promoteFrom: ['prod'] }, 'spec.promoteFrom names the Remote itself'],
])('%j is a problem', (spec, problem) => {
  expect(readPromotion(spec, prod).problems).toEqual([problem]);
});
