import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pathText } from './path.ts';
import { diffTrees } from './trees.ts';

const paths = (from: unknown, to: unknown) => diffTrees(from, to).map(({ path }) => pathText(path));
const pods = (...containers: object[]) => ({ spec: { template: { spec: { containers } } } });

describe('the difference of two trees', () => {
  it('names items of lists by name, and the deepest field that both have', () => {
    const from = pods(
      { name: 'web', image: 'a:1', env: [{ name: 'COLOR', value: 'red' }] },
      { name: 'side', image: 's:1' },
    );
    const to = pods(
      { name: 'side', image: 's:2' },
      { name: 'web', image: 'a:1', env: [{ name: 'COLOR', value: 'blue' }] },
    );
    expect(diffTrees(from, to)).toMatchObject([
      { from: 'red', to: 'blue' },
      { from: 's:1', to: 's:2' },
    ]);
    expect(paths(from, to)).toEqual([
      'spec.template.spec.containers[web].env[COLOR].value',
      'spec.template.spec.containers[side].image',
    ]);
  });

  it('names ports by number and protocol, mounts by path, and keys with dots in brackets', () => {
    const from = {
      ports: [{ port: 80, targetPort: 1 }],
      volumeMounts: [{ mountPath: '/a', name: 'a' }],
      data: { 'app.conf': 'x' },
    };
    const to = {
      ports: [{ port: 80, protocol: 'TCP', targetPort: 2 }],
      volumeMounts: [{ mountPath: '/a', name: 'b' }],
      data: {},
    };
    expect(paths(from, to)).toEqual([
      'ports[80].targetPort',
      'ports[80].protocol',
      'volumeMounts[/a].name',
      'data[app.conf]',
    ]);
  });

  it('shows an item more or less of a list without names as one change', () => {
    expect(diffTrees({ args: ['a', 'c', 'd'] }, { args: ['a', 'b', 'c', 'd'] })).toMatchObject([
      { from: undefined, to: 'b' },
    ]);
    expect(diffTrees({ args: ['a', 'b', 'c'] }, { args: ['a', 'c'] })).toMatchObject([{ from: 'b', to: undefined }]);
    expect(paths({ args: ['a', 'b'] }, { args: ['a', 'x'] })).toEqual(['args[1]']);
  });

  it('finds the change below thirty lists in each other, in less than a second', () => {
    const nested = (leaf: unknown) => Array.from({ length: 30 }).reduce((below) => [below], leaf);
    const startedAt = performance.now();
    expect(diffTrees(nested('a'), nested('b'))).toMatchObject([{ from: 'a', to: 'b' }]);
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });

  it('leaves out items without names that differ in the spelling of a quantity or in an order without meaning', () => {
    const item = (cpu: string, ...names: string[]) => ({ limits: { cpu }, volumes: names.map((name) => ({ name })) });
    const from = { list: [item('100m', 'a', 'b'), { list: [[item('1', 'a')]] }] };
    const to = { list: ['new', item('0.1', 'b', 'a'), { list: [[item('1000m', 'a')]] }] };
    expect(diffTrees(from, to)).toMatchObject([{ from: undefined, to: 'new' }]);
  });

  it('takes another order of named items for a change only where order has a meaning', () => {
    const [a, b] = [{ name: 'a' }, { name: 'b' }];
    expect(diffTrees({ volumes: [a, b] }, { volumes: [b, a] })).toEqual([]);
    for (const list of ['env', 'initContainers']) {
      expect(diffTrees({ [list]: [a, b] }, { [list]: [b, a] })).toMatchObject([{ from: ['a', 'b'], to: ['b', 'a'] }]);
    }
    expect(diffTrees({ finalizers: ['x', 'y'] }, { finalizers: ['y', 'x'] })).toEqual([]);
    expect(diffTrees({ middlewares: [a, b] }, { middlewares: [b, a] })).toMatchObject([
      { from: ['a', 'b'], to: ['b', 'a'] },
    ]);
  });

  it('shows another order beside other changes, and no order for an item more', () => {
    const [a, b, c] = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];
    expect(paths({ env: [a, b] }, { env: [b, { name: 'a', value: 'x' }] })).toEqual(['env[a].value', 'env']);
    expect(paths({ env: [a, b] }, { env: [c, a, b] })).toEqual(['env[c]']);
  });

  it('takes fields of other APIs for what they are, whatever they are called', () => {
    const custom = (from: unknown, to: unknown) => diffTrees(from, to, false).map(({ path }) => pathText(path));
    const [a, b] = [{ name: 'a' }, { name: 'b' }];
    expect(custom({ limits: { rps: '1' } }, { limits: { rps: '1.0' } })).toEqual(['limits.rps']);
    expect(custom({ list: [{ limits: { x: '1' } }] }, { list: [{ limits: { x: '1.0' } }] })).toEqual([
      'list[0].limits.x',
    ]);
    expect(custom({ containers: [a, b] }, { containers: [b, a] })).toEqual(['containers']);
    expect(custom({ ports: [{ port: 80 }, { port: 81 }] }, { ports: [{ port: 81 }, { port: 80 }] })).toEqual([
      'ports[0].port',
      'ports[1].port',
    ]);
    expect(custom({ finalizers: ['x', 'y'] }, { finalizers: ['y', 'x'] })).toEqual([]);
  });

  it('reads quantities as amounts where the API has amounts, and nowhere else', () => {
    const limits = (cpu: unknown, memory: unknown) => ({ resources: { limits: { cpu, memory } } });
    expect(diffTrees(limits('100m', '1Gi'), limits(0.1, '1024Mi'))).toEqual([]);
    expect(paths(limits('100m', '1Gi'), limits('0.2', '1G'))).toEqual([
      'resources.limits.cpu',
      'resources.limits.memory',
    ]);
    expect(paths({ data: { cpu: '1' } }, { data: { cpu: '1.0' } })).toEqual(['data.cpu']);
    expect(paths({ image: '1' }, { image: '1.0' })).toEqual(['image']);
  });

  it('is not led astray by names of fields that every object has', () => {
    expect(paths(JSON.parse('{"__proto__":1}'), {})).toEqual(['__proto__']);
    expect(paths({}, { constructor: 'x', toString: 'y' })).toEqual(['constructor', 'toString']);
  });
});

const name = fc.stringMatching(/^[a-z]{1,6}$/);
const leaf = fc.oneof(fc.integer(), fc.boolean(), fc.string());
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof({ maxDepth: 4 }, leaf, tie('map'), tie('texts'), tie('items')),
  map: fc.dictionary(name, tie('tree'), { maxKeys: 4 }),
  texts: fc.array(fc.string(), { maxLength: 4 }),
  items: fc
    .uniqueArray(name, { maxLength: 4 })
    .chain((names) => fc.tuple(...names.map((one) => fc.record({ name: fc.constant(one), more: tie('tree') })))),
}));

/** Changes some leaves, and counts them. */
function mutated(value: unknown, choose: () => boolean): { value: unknown; changed: number } {
  if (Array.isArray(value)) {
    const all = value.map((one) => mutated(one, choose));
    return { value: all.map((one) => one.value), changed: sum(all.map((one) => one.changed)) };
  }
  if (typeof value === 'object' && value !== null) {
    const all = Object.entries(value).map(([field, below]) => ({
      field,
      ...(field === 'name' && typeof below === 'string' ? { value: below, changed: 0 } : mutated(below, choose)),
    }));
    return {
      value: Object.fromEntries(all.map((one) => [one.field, one.value])),
      changed: sum(all.map((one) => one.changed)),
    };
  }
  return choose() ? { value: ['another', value], changed: 1 } : { value, changed: 0 };
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);

describe('whatever the trees are', () => {
  it('the same tree has no difference to itself', () => {
    fc.assert(
      fc.property(tree, (one) => {
        expect(diffTrees(one, structuredClone(one))).toEqual([]);
      }),
    );
  });

  it('each changed leaf is one path, and no path is named twice', () => {
    const choices = fc.infiniteStream(fc.boolean());
    fc.assert(
      fc.property(tree, choices, (one, chosen) => {
        const { value, changed } = mutated(one, () => chosen.next().value);
        expect(diffTrees(one, value)).toHaveLength(changed);
        expect(new Set(paths(one, value)).size).toBe(changed);
        expect(diffTrees([[one, 'end']], [[value, 'end']])).toHaveLength(changed);
      }),
    );
  });
});
