import { describe, expect, it } from 'vitest';
import { parseDocuments } from './yaml.ts';

const one = (text: string) => parseDocuments(text, 'a.yaml')[0];

describe('YAML is read as kubectl reads it', () => {
  it.each<[string, unknown]>([
    ['0644', 420],
    ['0o644', 420],
    ['-010', -8],
    ['10', 10],
    ['1.5', 1.5],
    ['yes', true],
    ['off', false],
    ['~', null],
    ['2026-01-01', '2026-01-01'],
    ['"yes"', 'yes'],
    ['1e3', 1000],
    ['089', 89],
    ['1_000', 1000],
    ['0b11', 3],
    ['12:30:00', '12:30:00'],
  ])('for %s', (text, value) => {
    expect(one(`a: ${text}`)).toEqual({ a: value });
  });

  it('with merge keys, and with every alias as a value of its own', () => {
    const { a, b } = one('a: &a {x: {v: 1}}\nb: {<<: *a, z: 2}\n') as Record<string, { x: object }>;
    expect(b).toEqual({ x: { v: 1 }, z: 2 });
    expect(b?.x).not.toBe(a?.x);
  });

  it('as JSON, as several documents, and as none', () => {
    expect(parseDocuments('{"a": [1]}', 'a.json')).toEqual([{ a: [1] }]);
    expect(parseDocuments('a: 1\n---\n---\nb: 2\n', 'a.yaml')).toEqual([{ a: 1 }, null, { b: 2 }]);
    expect(parseDocuments('# nothing\n', 'a.yaml').filter(Boolean)).toEqual([]);
  });

  it('with a key that has a meaning of its own in JavaScript', () => {
    const value = one('__proto__: {polluted: true}\n') as object;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe('YAML that is invalid or too large', () => {
  const message = (text: string) => {
    try {
      one(text);
    } catch (error) {
      return (error as Error).message;
    }
    return 'taken';
  };

  it('is refused with file, line and column', () => {
    expect(message('a:\n  - b\n c: d\n')).toMatch(/^a\.yaml:3:\d+ cannot be read as YAML: /);
    expect(message('a: 1\na: 2\n')).toMatch(/^a\.yaml(?::\d+:\d+)? cannot be read as YAML: /);
    expect(message('a: !!js/function "x"\n')).toMatch(/^a\.yaml(?::\d+:\d+)? cannot be read as YAML: /);
  });

  it('is refused when its aliases expand to too much', () => {
    const level = (name: string, below: string) => `${name}: &${name} [${Array(10).fill(`*${below}`).join(',')}]\n`;
    const bomb = `a: &a [${Array(10).fill('x').join(',')}]\n${level('b', 'a')}${level('c', 'b')}${level('d', 'c')}${level('e', 'd')}${level('f', 'e')}`;
    expect(message(bomb)).toBe('a.yaml cannot be read as YAML: it is too deep or too large');
    expect(message('['.repeat(5000))).toMatch(/^a\.yaml(?::\d+:\d+)? cannot be read as YAML: /);
    expect(message(`a: &a {b: *a}\n`)).toMatch(/^a\.yaml(?::\d+:\d+)? cannot be read as YAML: /);
  });
});
