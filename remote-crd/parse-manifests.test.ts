import { describe, expect, it } from 'vitest';
import { readManifests } from './parse-manifests.ts';

const spec = (manifests: Parameters<typeof readManifests>[0]) => readManifests(manifests, 'app').spec;

describe('spec.manifests', () => {
  it.each([undefined, null, {}, { path: '' }, { path: '', helm: {} }, { path: null, helm: null }])(
    '%j, the empty leftovers of the original, means none',
    (manifests) => {
      expect(readManifests(manifests, 'app')).toEqual({ spec: undefined, problems: [], warnings: [] });
    },
  );

  it('has the defaults of its schema', () => {
    expect(readManifests({ path: './k8s/' }, 'app')).toEqual({
      spec: {
        path: 'k8s',
        serviceAccountName: 'gitkube-deployer',
        prune: true,
        helm: { release: 'app', values: [], valuesFrom: [] },
      },
      problems: [],
      warnings: [],
    });
  });

  it('takes a path in the curly quotes of the original guide', () => {
    expect(spec({ path: '“k8s”' })?.path).toBe('k8s');
  });

  it.each([
    [[{ name: 'a', value: 'b' }], [{ name: 'a', value: 'b' }]],
    [{ name: 'a', value: 'b' }, [{ name: 'a', value: 'b' }]],
    [[{ name: 'a', value: 1 }], [{ name: 'a', value: '1' }]],
    [[{ name: 'a' }], [{ name: 'a', value: '' }]],
    [{}, []],
    [null, []],
  ])('takes the values %j', (values, expected) => {
    expect(spec({ path: 'chart', helm: { values } })?.helm.values).toEqual(expected);
  });

  it('with values of another form is a problem', () => {
    const { problems } = readManifests({ path: 'chart', helm: { values: 'a=b' } }, 'app');
    expect(problems).toEqual(['spec.manifests.helm.values must be a list of name and value']);
  });

  it('reads values from Secrets, by default from values.yaml', () => {
    const valuesFrom = [{ name: 'one' }, { kind: 'Secret' as const, name: 'two', valuesKey: 'v', optional: true }];
    expect(spec({ path: 'chart', helm: { valuesFrom } })?.helm.valuesFrom).toEqual([
      { secretName: 'one', key: 'values.yaml', optional: false },
      { secretName: 'two', key: 'v', optional: true },
    ]);
  });

  it('with a release and no path warns that it has no effect', () => {
    expect(readManifests({ helm: { release: 'www' } }, 'app').warnings).toHaveLength(1);
  });
});
