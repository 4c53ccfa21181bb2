import { describe, expect, it } from 'vitest';
import type { Lease } from '../../kube/index.ts';
import { judgeLeases } from './leases.ts';

function lease(namespace: string, holderIdentity: string): Lease {
  const annotations = { 'gitkube.sh/host': 'pod-1', 'gitkube.sh/host-of': holderIdentity };
  return { metadata: { name: 'gitkube', namespace, annotations }, spec: { holderIdentity } };
}

describe('who serves the namespaces', () => {
  it('is OK when the server here does', () => {
    const held = [lease('a', 'me'), lease('b', 'me'), lease('unused', 'other')];
    expect(judgeLeases('me', ['a', 'b'], held)).toEqual([
      { level: 'OK', message: 'me serves all 2 namespaces with Remotes', fix: [] },
    ]);
    expect(judgeLeases(undefined, [], held)).toMatchObject([{ level: 'OK' }]);
  });

  it('fails with the name of each other server, and its namespaces', () => {
    const held = [lease('a', 'me'), lease('b', 'other'), lease('c', 'other'), lease('d', 'third')];
    expect(judgeLeases('me', ['a', 'b', 'c', 'd'], held)).toMatchObject([
      { level: 'FAIL', message: 'namespaces b, c are served by other (on pod-1), not by me' },
      { level: 'FAIL', message: 'namespace d is served by third (on pod-1), not by me' },
    ]);
  });

  it('warns of namespaces that nobody serves', () => {
    expect(judgeLeases('me', ['a', 'b'], [lease('a', '')])).toMatchObject([
      { level: 'WARN', message: 'no server serves namespaces a, b' },
    ]);
  });
});
