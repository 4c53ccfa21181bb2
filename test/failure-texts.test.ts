import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const folder = join(import.meta.dirname, 'failures');
const texts = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.txt'));

/** What the last line of a push has to say of a failure whose message is too long for it, or may be. */
const causes: Readonly<Record<string, string>> = {
  'build/base-image-denied': '401 Unauthorized',
  'build/base-image-missing': 'not found',
  'build/copy-of-a-missing-file': '"/vendr" not found',
  'build/dockerfile-is-a-link-to-nothing': '../docker/Dockerfile',
  'build/run-fails': 'line 2: exit code 1: npm error ERESOLVE could not resolve react@19',
  'build/run-fails-long-after-its-error': "line 2: exit code 2: src/main.c:7:3: error: 'prot' undeclared",
  'build/secret-mount': 'secret npmrc not found',
  'manifests/api-version-removed': 'extensions/v1beta1',
  'manifests/field-unknown': 'readynessProbe: field not declared',
  'manifests/job-fails': 'exited with code 1: ERROR: relation users exists',
  'manifests/many-mistakes': 'no kind Deployment in apiVersion extensions/v1beta1',
  'manifests/no-account': 'may not patch configmaps in namespace shop, or does not exist',
  'manifests/other-namespace': 'sets namespace kube-system',
  'manifests/right-missing': 'may not patch roles in namespace shop',
  'manifests/nil-pointer-in-a-chart': '.Values.db.host is not set',
  'manifests/number-as-env-value': 'env[name="WORKERS"].value: expected string, got 4',
  'manifests/selector-changed': 'field is immutable',
  'rollout/crash': 'exited with code 3: Error: connect ECONNREFUSED db:5432',
  'rollout/crash-of-the-next-version': 'exited with code 3: Error: connect ECONNREFUSED db:5432',
  'rollout/crash-with-a-long-trace': 'exited with code 2: panic: no such table: users',
  'rollout/admission': 'images must be signed',
  'rollout/quota': 'exceeded quota: team',
  'rollout/no-node-with-that-label': "didn't match Pod's node affinity/selector",
  'rollout/image-of-a-sidecar-missing': 'not found',
  'rollout/init-container-waits': 'init container wait-for-db',
  'rollout/no-node-with-that-memory': 'Insufficient memory',
  'rollout/progress-deadline': 'the command "false" of its readiness probe does not exit with 0',
  'rollout/probe-asks-another-port': 'connection refused',
  'rollout/probe-fails': '404',
};

/** How a hint begins: docs/style.md. */
const hint =
  /^(?:[A-Z]\w+\/\S+: |or )?(?:to [^,]+, type: |-o |kubectl |add |answer |apply |ask |change |check |choose |commit |correct |create |fix |grant |install |label |let |listen |lower |make |name |push |put |raise |remove |rename |replace |restore |run |set |start |use )/;

const messages = texts.flatMap((name) => {
  const text = readFileSync(join(folder, name), 'utf8');
  const [, message] = /^remote: error: (.*)$/m.exec(text) ?? [];
  const [, short = ''] = /^ ! \[remote rejected\] [^(]*\((.*)\)$/m.exec(text) ?? [];
  return message === undefined ? [] : [[name.replace('.txt', ''), message, short] as const];
});

it.each(messages)('the last line of the push keeps the cause of %s', (name, message, short) => {
  expect(short).toContain(causes[name] ?? message);
});

it('each cause is of a text', () => {
  expect(messages.map(([name]) => name)).toEqual(expect.arrayContaining(Object.keys(causes)));
});

/** They show `git remote add dev` before, or are for people who read docs. */
const named = new Set(['gateways/greeting.ts']);

it('no text of the server calls a Remote as only some clones do', () => {
  const server = join(import.meta.dirname, '../server');
  const files = readdirSync(server, { recursive: true, encoding: 'utf8' });
  const sources = files.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !named.has(name));
  expect(sources.length).toBeGreaterThan(200);
  const calls = /\bgit (?:-c \S+ )?(?:push|pull|fetch|ls-remote|remote) [^'"`]*\b(?:dev|origin)\b|(?<!\/)\bdev\//;
  const found = sources.flatMap((name) =>
    readFileSync(join(server, name), 'utf8')
      .split('\n')
      .filter((line) => !/^\s*(?:\/\/|\/?\*)/.test(line) && calls.test(line))
      .map((line) => `${name}: ${line.trim()}`),
  );
  expect(found).toEqual([]);
});

/** As in a help text: a shell would take them for arguments. */
const wordsBehind = /[^\s'"`] {3}(?:brings|changes|deploys|lists|names|prints|reaches|shows|skips|works|writes)\b/;

it('no command of a hint has words behind it', () => {
  const root = join(import.meta.dirname, '..');
  const found = ['applier', 'base', 'builder', 'cli', 'deployer', 'kube', 'remote-crd', 'server'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => readFileSync(join(root, folder, name), 'utf8').split('\n'))
      .filter((line) => wordsBehind.test(line)),
  );
  expect(found).toEqual([]);
});

it('each hint begins with a command or a verb', () => {
  const hints = texts.flatMap((name) =>
    [...readFileSync(join(folder, name), 'utf8').matchAll(/^remote: hint: (.*)$/gm)].map(([, words = '']) => words),
  );
  expect(hints.length).toBeGreaterThan(40);
  expect(hints.filter((words) => !hint.test(words))).toEqual([]);
});
