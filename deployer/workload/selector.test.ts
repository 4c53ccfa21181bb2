import { describe, expect, it } from 'vitest';
import { selectorText } from './selector.ts';

describe('a label selector as text', () => {
  it('has labels and every operator', () => {
    const matchExpressions = [
      { key: 'tier', operator: 'In', values: ['web', 'edge'] },
      { key: 'zone', operator: 'NotIn', values: ['b'] },
      { key: 'app', operator: 'Exists' },
      { key: 'canary', operator: 'DoesNotExist' },
    ];
    expect(selectorText({ matchLabels: { app: 'www' }, matchExpressions })).toBe(
      'app=www,tier in (web,edge),zone notin (b),app,!canary',
    );
  });
});
