import { describe, expect, it } from 'vitest';
import { adoptedFields } from '../fields/adopt.ts';
import { withoutStringData } from './secret-data.ts';

const secret = (fields: object) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' }, ...fields });

describe('the stringData of a Secret', () => {
  it('becomes data, over the same key of it', () => {
    expect(withoutStringData(secret({ data: { A: 'MQ==', B: 'MQ==' }, stringData: { B: '2', C: 'ü' } }))).toEqual(
      secret({ data: { A: 'MQ==', B: 'Mg==', C: 'w7w=' } }),
    );
  });

  it.each([
    secret({ stringData: { A: 1 } }),
    secret({ stringData: 'none' }),
    { ...secret({ stringData: { A: '1' } }), kind: 'Widget' },
  ])('is left as it is in what is no valid Secret: %j', (odd) => {
    expect(withoutStringData(odd)).toBe(odd);
  });

  it('that was applied as such belongs to the manifests as data', () => {
    const own = { manager: 'gitkube', operation: 'Apply', fieldsV1: { 'f:stringData': { 'f:A': {} }, 'f:type': {} } };
    const live = secret({ metadata: { name: 'a', managedFields: [own] } });
    expect(adoptedFields(live, true)).toEqual([{ ...own, fieldsV1: { 'f:type': {}, 'f:data': { 'f:A': {} } } }]);
  });
});
