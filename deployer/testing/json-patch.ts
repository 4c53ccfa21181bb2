import type { JsonPatch } from '../../kube/kube.ts';

/** RFC 6902 as far as Gitkube uses it; undefined when a `test` does not hold. The document is not changed. */
export function applyPatch<T>(document: T, patch: JsonPatch): T | undefined {
  const copy = structuredClone(document);
  for (const op of patch) {
    const path = op.path
      .split('/')
      .slice(1)
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = path.pop() ?? '';
    const parent = path.reduce<Record<string, unknown>>((node, part) => child(node, part, op.path), copy as never);
    if (op.op === 'test' && JSON.stringify(parent[last]) !== JSON.stringify(op.value)) return undefined;
    if (op.op !== 'add' && !(last in parent)) return undefined;
    if (op.op === 'add' || op.op === 'replace') parent[last] = structuredClone(op.value);
    if (op.op === 'remove') delete parent[last];
  }
  return copy;
}

function child(node: Record<string, unknown>, part: string, path: string): Record<string, unknown> {
  const next = node[part];
  if (typeof next !== 'object' || next === null) throw new TypeError(`no such path: ${path}`);
  return next as Record<string, unknown>;
}
