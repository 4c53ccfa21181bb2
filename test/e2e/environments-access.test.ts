import { afterAll, beforeAll, expect, it } from 'vitest';
import { Gitkube } from '../support/gitkube.ts';
import { Project } from '../support/project.ts';

const keys = ['id', 'reader', 'stager', 'operator'] as const;
type Key = (typeof keys)[number];

const own = [{ name: 'www', containers: [{ name: 'www', path: 'www' }] }];
const staged = [{ name: 'www-staging', containers: [{ name: 'www-staging', path: 'www' }] }];
const branches = { '': 'main', staging: 'develop' } as const;
type Environment = keyof typeof branches;

let gitkube: Gitkube;
let project: Project;

beforeAll(async () => {
  gitkube = await Gitkube.start();
  const spec = {
    branch: 'main',
    deployments: own,
    environments: [{ name: 'staging', branch: 'develop', deployments: staged }],
  };
  project = await Project.create(gitkube, { replicas: 0, deployments: ['www', 'www-staging'], spec });
  for (const name of keys.slice(1)) await project.makeKey(name);
  for (const branch of Object.values(branches)) expect(await project.push(`HEAD:${branch}`)).toMatchObject({ code: 0 });
  const access = [
    { keys: ['reader@test'], may: ['read'] },
    { keys: ['stager@test'], may: ['deploy'], branches: ['develop'] },
    { keys: ['operator@test'], may: ['operate'], branches: ['main'] },
  ];
  const authorizedKeys = await Promise.all(keys.map((name) => project.publicKey(name)));
  await project.applyRemote({ ...spec, authorizedKeys, access });
  await project.commit('not pushed yet');
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await gitkube[Symbol.asyncDispose]();
});

const idOf = (environment: Environment) => `${project.namespace}/app${environment && `/${environment}`}`;

/** What changes nothing when it is let. */
const actions: Readonly<Record<string, (key: Key, environment: Environment) => Promise<string>>> = {
  push: async (key, environment) => pushed(key, `refs/heads/${branches[environment]}`),
  'push rollback': async (key, environment) => pushed(key, `refs/rollback/${environment && `${environment}/`}1`),
  status: async (key, environment) => asked(key, 'status', idOf(environment)),
  rollback: async (key, environment) => asked(key, 'rollback', idOf(environment), '1', '--dry-run'),
  restart: async (key, environment) => asked(key, 'restart', idOf(environment), '--dry-run'),
  unlock: async (key, environment) => asked(key, 'unlock', idOf(environment)),
  'env list': async (key, environment) => asked(key, 'env', 'list', idOf(environment)),
  run: async (key, environment) =>
    asked(key, 'run', idOf(environment), environment === '' ? 'www' : 'www-staging', '--', 'true'),
};

async function pushed(key: Key, ref: string): Promise<string> {
  return (await project.tryGit(['push', '-o', 'dry-run', project.url, `HEAD:${ref}`], { key })).output;
}

async function asked(key: Key, ...words: string[]): Promise<string> {
  return (await project.sshWith({ key }, ...words)).output;
}

const all = Object.keys(actions);
const deploys = ['push', 'push rollback', 'status', 'rollback', 'restart'];
const operates = ['push rollback', 'status', 'rollback', 'restart', 'unlock', 'env list', 'run'];

it.each<[Key, Environment, readonly string[]]>([
  ['id', '', all],
  ['id', 'staging', all],
  ['reader', '', ['status']],
  ['reader', 'staging', ['status']],
  ['stager', '', ['status']],
  ['stager', 'staging', deploys],
  ['operator', '', operates],
  ['operator', 'staging', ['status']],
])('%s may do in environment "%s": %s', async (key, environment, allowed) => {
  const refused: string[] = [];
  for (const [name, act] of Object.entries(actions)) {
    if (/the key \S+ may not/.test(await act(key, environment))) refused.push(name);
  }
  expect(refused).toEqual(all.filter((name) => !allowed.includes(name)));
});

it('a refusal names the branch, the environment and who may', async () => {
  const output = await pushed('stager', 'refs/heads/main');
  expect(output).toContain(`error: the key stager@test may not deploy branch main of ${idOf('')}`);
  expect(output).toContain('hint: it may deploy develop');
  const locked = await asked('stager', 'lock', idOf('staging'), 'mine');
  expect(locked).toContain(`the key stager@test may not lock or unlock ${idOf('staging')}`);
});
