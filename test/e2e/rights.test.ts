import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rbac } from '../support/account.ts';
import { chart, mustHelm, values } from '../support/helm.ts';
import { kubectl, mustKubectl, TestNamespace } from '../support/kubectl.ts';

const docs = readFileSync(join(import.meta.dirname, '../../docs/rights.md'), 'utf8');

/** The rows below a command of the docs, with single spaces. */
function documented(namespace: string): string[] {
  const [, rows = ''] = new RegExp(`-n ${namespace} .*\\n([^\`]*)\`\`\``).exec(docs) ?? [];
  return normal(rows);
}

const normal = (rows: string) => {
  return rows
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((row) => row.replace(/\s+/g, ' '))
    .sort();
};

describe("the account of the chart's server", () => {
  let own: TestNamespace;
  let watched: TestNamespace;
  let other: TestNamespace;
  beforeAll(async () => {
    own = await TestNamespace.create('own');
    watched = await TestNamespace.create('watched');
    other = await TestNamespace.create('other');
  });
  afterAll(async () => {
    for (const namespace of [own, watched, other]) await namespace?.[Symbol.asyncDispose]();
  });

  /** Applies the account and its rights; they end with what is returned. */
  const apply = async (set: Readonly<Record<string, unknown>>) => {
    const text = await mustHelm('template', 'gitkube', chart, `--namespace=${own.name}`, ...values(set));
    const items = (loadAll(text) as ({ kind: string } | null)[]).filter((object) => object && rbac.has(object.kind));
    const list = { apiVersion: 'v1', kind: 'List', items };
    await mustKubectl(['apply', '-f', '-'], list);
    return { [Symbol.asyncDispose]: async () => void (await mustKubectl(['delete', '-f', '-'], list)) };
  };
  const account = () => `--as=system:serviceaccount:${own.name}:gitkube`;
  const list = async (namespace: TestNamespace) => {
    const all = await mustKubectl(['auth', 'can-i', '--list', '--no-headers', '-n', namespace.name, account()]);
    // Resource, no URLs, names, verbs; what everybody has is left out.
    const rows = all.split('\n').filter((row) => /^\S/.test(row) && !/^selfsubject/.test(row));
    return normal(rows.map((row) => row.replace(/^(\S+\s+)\[\]\s+/, '$1')).join('\n'));
  };
  // The API server decides by what it has seen of the rights: those just given, or just taken, a moment later.
  const expectRights = (namespace: TestNamespace, rows: readonly string[]) =>
    expect.poll(() => list(namespace)).toEqual(rows);
  const mayEverything = async () => (await kubectl(['auth', 'can-i', '*', '*', '-A', account()])).stdout.trim();

  it('has the documented rights in a listed namespace, three rules in its own, and none elsewhere', async () => {
    await using _ = await apply({ watchNamespaces: [watched.name], 'service.type': 'ClusterIP' });
    await expectRights(watched, documented('team-a'));
    await expectRights(own, documented('gitkube'));
    await expectRights(other, documented('other'));
    expect(await mayEverything()).toBe('no');
  });

  it('has the same rights in every namespace when all are watched, and is no cluster-admin', async () => {
    await using _ = await apply({ watchNamespaces: [] });
    await expectRights(watched, documented('team-a'));
    await expectRights(other, documented('team-a'));
    expect(await mayEverything()).toBe('no');
    for (const request of ['create clusterroles', 'create pods', 'create pods/exec', 'escalate roles', 'bind roles']) {
      const asked = await kubectl(['auth', 'can-i', ...request.split(' '), '-n', own.name, account()]);
      expect(asked.stdout.trim(), request).toBe('no');
    }
  });

  it('may also create pods and attach to them with run.enabled, and run nothing in those of others', async () => {
    await using _ = await apply({ watchNamespaces: [watched.name], 'service.type': 'ClusterIP', 'run.enabled': true });
    const added = documented('team-b');
    await expectRights(watched, [...documented('team-a').filter((row) => !row.startsWith('pods ')), ...added].sort());
    await expectRights(other, []);
  });

  it('may also change Secrets and ConfigMaps with env.enabled, and none of others', async () => {
    await using _ = await apply({ watchNamespaces: [watched.name], 'service.type': 'ClusterIP', 'env.enabled': true });
    const added = documented('team-c');
    const others = documented('team-a').filter((row) => !row.startsWith('secrets '));
    await expectRights(watched, [...others, ...added].sort());
    await expectRights(other, []);
  });

  it('may also create and delete Jobs with tasks.enabled', async () => {
    await using _ = await apply({
      watchNamespaces: [watched.name],
      'service.type': 'ClusterIP',
      'tasks.enabled': true,
    });
    await expectRights(watched, [...documented('team-a'), ...documented('team-d')].sort());
    await expectRights(other, []);
  });

  it('may also ask whose token it is with https.serviceAccounts', async () => {
    await using _ = await apply({
      ...{ watchNamespaces: [watched.name], 'service.type': 'ClusterIP' },
      ...{ 'https.enabled': true, 'https.secretName': 'tls', 'https.serviceAccounts': true },
    });
    await expectRights(other, documented('team-e'));
  });

  it('may also list nodes with a node port, and has no other right over the cluster', async () => {
    await using _ = await apply({ watchNamespaces: [watched.name], 'service.type': 'NodePort' });
    await expectRights(other, ['nodes [] [list]']);
  });
});
