/** A rule of the Remote is written twice, in CEL and in TypeScript: here both judge the same values. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseRemote } from '../../remote-crd/index.ts';
import { kubectl, TestNamespace } from '../support/kubectl.ts';

const inContainer = (fields: object) => ({ deployments: [{ name: 'www', containers: [{ name: 'web', ...fields }] }] });

const paths = [
  '',
  '.',
  './',
  '..',
  '../',
  './..',
  'a',
  'a/',
  '/a',
  'a/b',
  'a//b',
  'a/../b',
  'a/..',
  '..a',
  'a..',
  'a/..b/c',
  '...',
  '~',
  'a b',
  'é',
  'a\tb',
  'a\u007f',
  '-a',
  'a\\b',
  './community/learn/x',
];
const branches = [
  '',
  'main',
  'a/b',
  'a.b',
  'é',
  'a b',
  'a~b',
  'a^',
  'a:b',
  'a?',
  'a*',
  'a[b',
  'a]b',
  'a\\b',
  'a\tb',
  'a\u007fb',
  '..',
  'a..b',
  'a@{b',
  '@',
  'a@b',
  '@a',
  'a//b',
  '/a',
  'a/',
  'a.',
  '.a',
  'a/.b',
  'a/b.',
  '-a',
  'a-',
  'a.lock',
  'a.lock/b',
  'a.locks',
  'HEAD',
  'HEADS',
  'refs/heads/a',
  'references',
  "a'b",
  'a"b',
  'a$b',
  'a`b',
];
const urls = [
  '',
  'docker.io',
  'docker.io/user',
  'docker.io/user/',
  'localhost:5000',
  '10.0.0.1:5000/a/b',
  '[::1]:5000',
  '[::1]',
  'https://docker.io',
  'docker.io/User',
  'Docker.io/user',
  'docker.io:x',
  'a b',
  'gcr.io/<project>',
  'user@docker.io',
  'docker.io/a?b',
  'docker.io\n',
];
const names = [
  '',
  'a',
  'a-b',
  'a.b',
  'a-',
  '-a',
  'A',
  'a_b',
  'a/b',
  'a b',
  '1',
  'é',
  'a\n',
  'x'.repeat(64),
  'x'.repeat(300),
];
const words = ['', 'builder', 'a b', 'A_1.x-y', '-a', '$x', '0'];

const issued = { name: 'ci', issuer: 'https://ci.example.com', audience: 'x', claims: { sub: 'a' }, may: ['deploy'] };
const trusts: object[] = [
  ...names.map((name) => ({ ...issued, name })),
  ...['https://a/b', 'https://a/b?c', 'https://', 'http://a', 'a', ''].map((issuer) => ({ ...issued, issuer })),
  ...['*', 'a*', 'a/*', 'a:*', 'a*/b', 'a/**', '', 'é', 'a b'].map((ref) => ({ ...issued, claims: { sub: 'x', ref } })),
  ...['repo:*', 'repo:shop/*', 'repo:shop:*', 'https://*', 'https://a.b/*', 'shop/*', 'a:b*'].map((sub) => ({
    ...issued,
    claims: { sub },
  })),
  ...[
    {},
    { '': 'a', sub: 'b' },
    { ['x'.repeat(200)]: 'a', sub: 'b' },
    { job_workflow_ref: 'a' },
    { ref: 'a' },
    { ref: 'a', project_id: '1' },
    { sub: 1 },
  ].map((claims) => ({ ...issued, claims })),
  ...['audience', 'claims', 'issuer', 'may', 'name'].map((field) => ({ ...issued, [field]: undefined })),
  { ...issued, serviceAccount: 'a/b' },
  ...['a/b', 'a/b.c', 'a', 'a/', '/b', 'a.b/c', 'A/b', 'a/b/c'].map((serviceAccount) => ({
    ...{ name: 'job', may: ['read'], serviceAccount },
  })),
];

const specs: object[] = [
  ...paths.flatMap((path) => [inContainer({ path }), inContainer({ dockerfile: path })]),
  ...branches.map((branch) => ({ branch })),
  ...urls.map((url) => ({ registry: { url } })),
  ...names.flatMap((name) => [
    { deployments: [{ name }] },
    inContainer({ name }),
    { registry: { credentials: { secretRef: name } } },
    { registry: { credentials: { secretKeyRef: { name } } } },
  ]),
  ...trusts.map((trust) => ({ trust: [trust] })),
  ...words.flatMap((word) => [inContainer({ target: word }), inContainer({ buildArgs: [{ name: word }] })]),
];

let namespace: TestNamespace;

beforeAll(async () => {
  namespace = await TestNamespace.create('rules');
});

afterAll(() => namespace?.[Symbol.asyncDispose]());

it('the API server and the server of Gitkube accept the same Remotes', async () => {
  const items = specs.map((spec, index) => ({
    apiVersion: 'gitkube.sh/v1alpha1',
    kind: 'Remote',
    metadata: { name: `rule-${index}`, namespace: namespace.name, uid: 'u' },
    spec,
  }));
  const list = { apiVersion: 'v1', kind: 'List', items };
  const { output } = await kubectl(['create', '--dry-run=server', '-f', '-'], list);
  const taken = new Set([...output.matchAll(/^remote\.gitkube\.sh\/(\S+) created/gm)].map(([, name]) => name));
  const verdict = (index: number, accepted: boolean) =>
    `${JSON.stringify(specs[index])} ${accepted ? 'taken' : 'refused'}`;
  const byApiServer = items.map(({ metadata }, index) => verdict(index, taken.has(metadata.name)));
  const byGitkube = items.map((item, index) => verdict(index, parses(item)));
  expect(byGitkube).toEqual(byApiServer);
  expect(taken.size).toBeGreaterThan(50);
  expect(specs.length - taken.size).toBeGreaterThan(50);
});

function parses(object: unknown): boolean {
  try {
    parseRemote(object);
    return true;
  } catch {
    return false;
  }
}
