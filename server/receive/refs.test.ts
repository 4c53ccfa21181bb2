import { describe, expect, it } from 'vitest';
import type { GitkubeError } from '../../base/errors.ts';
import type { AllBranches, Branches } from '../deploys/branches.ts';
import { type DeployCommand, readRefs, requireSameBranch } from './refs.ts';

const a = 'a'.repeat(40);
const zero = '0'.repeat(40);
const set = (ref: string) => ({ oldOid: zero, newOid: a, ref });
const remove = (ref: string) => ({ oldOid: a, newOid: zero, ref });
const remote: Branches['remote'] = {
  id: 'shop/app',
  namespace: 'shop',
  environment: '',
  deployments: [{ kind: 'Deployment', name: 'www', containers: [] }],
};
const main: AllBranches = { remote, deploy: ['main'], running: 'main', environments: [] };

function refusal(...[commands, branches = main, options]: Partial<Parameters<typeof readRefs>>): GitkubeError {
  try {
    readRefs(commands ?? [], branches, options);
  } catch (error) {
    return error as GitkubeError;
  }
  throw new Error('it was not refused');
}

describe('in a push', () => {
  it('the deploy branch deploys', () => {
    expect(readRefs([set('refs/heads/main')], main).deploy).toMatchObject({ branch: 'main', newOid: a });
  });

  it('before the first release main and master are both accepted', () => {
    const { deploy } = readRefs([set('refs/heads/master')], {
      ...main,
      running: undefined,
      deploy: ['main', 'master'],
    });
    expect(deploy).toMatchObject({ branch: 'master' });
  });

  it('tags are stored and deploy nothing', () => {
    const tags = [set('refs/tags/v1'), remove('refs/tags/v0')];
    expect(readRefs(tags, main)).toMatchObject({ deploy: undefined, stored: tags });
    expect(readRefs([set('refs/tags/v1'), set('refs/heads/main')], main).deploy).toMatchObject({ branch: 'main' });
  });

  it.each([
    [[set('refs/heads/feature')], 'shop/app deploys branch main, not feature'],
    [[set('refs/heads/main'), set('refs/heads/feature')], 'shop/app deploys branch main, not feature'],
    [[remove('refs/heads/main')], 'branch main cannot be deleted: shop/app deploys it'],
    [[set('refs/tags/releases/9')], 'only Gitkube creates'],
    [[set('refs/tags/releases/9'), set('refs/tags/releases/10')], 'only Gitkube creates'],
    [[remove('refs/tags/releases/1')], 'the tags releases/* record what ran and cannot be deleted'],
    [[remove('refs/tags/releases/1'), set('refs/heads/main')], 'the tags releases/* record what ran'],
    [[set('refs/tags/releases')], 'only Gitkube creates'],
    [[set('HEAD')], 'neither a branch nor a tag'],
    [[set('refs/for/main')], 'neither a branch nor a tag'],
    [[set('refs/notes/commits')], 'neither a branch nor a tag'],
    [[set('refs/stash')], 'neither a branch nor a tag'],
    [[set('refs/heads/main00x')], 'shop/app deploys branch main, not main00x'],
    [[set('refs/builds/main')], 'neither a branch nor a tag'],
  ])('%j is refused', (commands, message) => {
    expect(() => readRefs(commands, main)).toThrow(message);
  });

  it.each(['Releases/1', 'RELEASES', 'releases-2030/1'])(
    'the tag %s is one of the pusher, stored beside a branch',
    (tag) => {
      const commands = [set(`refs/tags/${tag}`), set('refs/heads/main')];
      expect(readRefs(commands, main)).toMatchObject({
        deploy: { branch: 'main' },
        stored: [commands[0]],
        ignored: [],
      });
    },
  );

  it.each(['Releases/1', 'RELEASES'])(
    'the tag %s is refused where the file system takes it for one of Gitkube',
    (tag) => {
      const read = () => readRefs([set(`refs/tags/${tag}`), set('refs/heads/main')], { ...main, foldsCase: true });
      expect(read).toThrow('only Gitkube creates');
    },
  );

  it('the tag releases beside a branch is ignored as releases/1 is: git could create no release beside it', () => {
    const commands = [set('refs/tags/releases'), set('refs/heads/main')];
    expect(readRefs(commands, main)).toMatchObject({ deploy: { branch: 'main' }, stored: [], ignored: [commands[0]] });
  });

  it('two deploy branches at once are refused while either could be the one', () => {
    const both = [set('refs/heads/main'), set('refs/heads/master')];
    expect(() => readRefs(both, { ...main, running: undefined, deploy: ['main', 'master'] })).toThrow(
      'two branches in one push',
    );
  });

  it('a refusal says what to type', () => {
    expect(refusal([set('refs/heads/feature/x')]).hint).toEqual([
      'to deploy this commit, type: git push ssh://git@<host>:<port>/<namespace>/<name> aaaaaaaaaaaa:refs/heads/main',
    ]);
  });

  it('a tag of Gitkube leads to what its pusher may have wanted: a deploy, a tag, a rollback', () => {
    const { hint } = refusal([set('refs/tags/releases/9')], { ...main, deploy: ['production'] });
    expect(hint).toEqual([
      'to deploy what is checked out and have Gitkube tag it, type: git push ssh://git@<host>:<port>/<namespace>/<name> HEAD:refs/heads/production',
      'to store the tag under another name, type: git push ssh://git@<host>:<port>/<namespace>/<name> aaaaaaaaaaaa:refs/tags/<name>',
      'to roll back, type: git push ssh://git@<host>:<port>/<namespace>/<name> HEAD:refs/rollback/<number>',
    ]);
    expect(refusal([remove('refs/tags/releases/1')]).hint).toEqual([
      'to roll back, type: git push ssh://git@<host>:<port>/<namespace>/<name> HEAD:refs/rollback/<number>',
    ]);
  });

  it('a deletion of what deploys says how to stop that, which the deletion of a Remote does not', () => {
    expect(refusal([remove('refs/heads/main')]).hint).toEqual([
      'to stop the pods of shop/app, type: kubectl -n shop scale --replicas=0 deployment/www',
    ]);
    const onlyManifests = { ...main, remote: { ...remote, deployments: [] } };
    expect(refusal([remove('refs/heads/main')], onlyManifests).hint.join()).toContain(
      'kubectl -n shop get deployments',
    );
  });

  it('the deploy branch is a word of a shell in what to type, whatever it is called', () => {
    const branches = { ...main, deploy: ["a';$(id)"], running: undefined };
    const [hint] = refusal([set('refs/heads/other')], branches).hint;
    expect(hint).toMatch(/ 'aaaaaaaaaaaa:refs\/heads\/a'\\'';\$\(id\)'$/);
  });

  it.each(['$(id)', '`id`', '-x', "a'b", 'a;b'])('a branch named %s is never part of what to type', (name) => {
    expect(refusal([set(`refs/heads/${name}`)]).hint).toEqual([
      'to deploy this commit, type: git push ssh://git@<host>:<port>/<namespace>/<name> aaaaaaaaaaaa:refs/heads/main',
    ]);
  });
});

describe('a rollback', () => {
  it('that waited while the Remote got another branch is refused, and moves neither', () => {
    const read = (branch: string) => readRefs([set('refs/rollback/7')], { ...main, deploy: [branch] });
    const command = read('main').deploy as DeployCommand;
    expect(() => requireSameBranch(command, read('main'))).not.toThrow();
    expect(() => requireSameBranch(command, read('production'))).toThrow('main is no longer the branch that deploys');
  });

  it.each(['refs/rollback/7', 'refs/heads/rollback/7', 'refs/rollback/releases/7', 'refs/rollback/007'])(
    'is %s, whatever is pushed',
    (ref) => {
      expect(readRefs([set(ref)], main).deploy).toMatchObject({ branch: 'main', rollbackTo: 7, ref });
    },
  );

  it('is the push option, too', () => {
    expect(readRefs([set('refs/heads/main')], main, { rollback: { number: 7 } }).deploy).toMatchObject({
      rollbackTo: 7,
    });
    expect(readRefs([set('refs/rollback/7')], main, { rollback: { number: 7 } }).deploy).toMatchObject({
      rollbackTo: 7,
    });
  });

  it('moves the branch that deploys now', () => {
    const moved = { ...main, deploy: ['production'] };
    expect(readRefs([set('refs/rollback/7')], moved).deploy).toMatchObject({ branch: 'production' });
  });

  it('is not asked for where the deploy branch has such a name', () => {
    const { deploy } = readRefs([set('refs/heads/rollback/7')], { ...main, deploy: ['rollback/7'] });
    expect(deploy).toMatchObject({ branch: 'rollback/7' });
    expect(deploy).not.toHaveProperty('rollbackTo');
  });

  it.each([
    ['refs/rollback/', {}, 'nothing is not the number of a release'],
    ['refs/rollback/last', {}, 'last is not the number of a release'],
    ['refs/heads/rollback/-1', {}, '-1 is not the number of a release'],
    ['refs/rollback/7', { rollback: { number: 8 } }, 'two releases to roll back to: 7 and 8'],
    ['refs/rollback/7', { noCache: true }, '-o no-cache does not go with a rollback'],
    ['refs/rollback/7', { skipDeploy: true }, '-o skip-deploy does not go with a rollback'],
    ['refs/tags/v1', { rollback: { number: 7 } }, '-o rollback needs a push of the deploy branch'],
  ])('as %s with %j is refused', (ref, options, message) => {
    const { message: said, hint } = refusal([set(ref)], main, options);
    expect(said).toContain(message);
    expect(hint.join()).toContain('git push ssh://git@<host>:<port>/<namespace>/<name> HEAD:refs/rollback/');
  });

  it('goes with no other deploy', () => {
    expect(() => readRefs([set('refs/heads/main'), set('refs/rollback/7')], main)).toThrow('two branches in one push');
  });
});

describe('the release tags of another Remote', () => {
  it('that come along with a branch are ignored, also where they would replace our own', () => {
    const foreign = [set('refs/tags/releases/9'), { oldOid: 'b'.repeat(40), newOid: a, ref: 'refs/tags/releases/1' }];
    const refs = readRefs([set('refs/heads/main'), ...foreign], main);
    expect(refs).toMatchObject({ deploy: { branch: 'main' }, ignored: foreign, stored: [] });
  });

  it('that come along with other tags are ignored, and those are stored', () => {
    const refs = readRefs([set('refs/tags/v1'), set('refs/tags/releases/9')], main);
    expect(refs).toMatchObject({ deploy: undefined, stored: [{ ref: 'refs/tags/v1' }] });
  });
});

describe('a branch that deployed once', () => {
  const moved: AllBranches = { ...main, deploy: ['production'], running: 'production' };

  it('can be deleted once the other one is what runs', () => {
    expect(readRefs([remove('refs/heads/main')], moved)).toMatchObject({ deletions: [{ ref: 'refs/heads/main' }] });
    expect(readRefs([remove('refs/heads/main'), set('refs/heads/production')], moved)).toMatchObject({
      deploy: { branch: 'production' },
      deletions: [{ ref: 'refs/heads/main' }],
    });
  });

  it('cannot be deleted as long as it is what runs', () => {
    const { message, hint } = refusal([remove('refs/heads/main')], { ...moved, running: 'main' });
    expect(message).toBe('main is what runs until production is pushed, and cannot be deleted');
    expect(hint).toEqual([
      'push that first: git push ssh://git@<host>:<port>/<namespace>/<name> HEAD:refs/heads/production',
    ]);
  });

  it('can be deleted from the builds of -o skip-deploy, too', () => {
    expect(readRefs([remove('refs/builds/main')], moved).stored).toHaveLength(1);
  });
});

describe('a Remote with environments', () => {
  const at = (environment: string, branch: string, running?: string) => ({
    remote: { ...remote, environment, id: `shop/app/${environment}` },
    deploy: [branch],
    running,
  });
  const both: AllBranches = { ...main, environments: [at('staging', 'develop', 'old'), at('qa', 'qa/next')] };
  const only: AllBranches = { ...both, deploy: [], running: undefined };

  it('has the branch choose where a push deploys', () => {
    expect(readRefs([set('refs/heads/main')], both).deploy).toMatchObject({ branch: 'main', environment: '' });
    expect(readRefs([set('refs/heads/develop')], both).deploy).toMatchObject({ environment: 'staging' });
    expect(readRefs([set('refs/heads/qa/next')], both).deploy).toMatchObject({ environment: 'qa' });
  });

  it.each(['refs/rollback/staging/7', 'refs/heads/rollback/staging/7', 'refs/rollback/releases/staging/7'])(
    'is rolled back by the name of the environment: %s',
    (ref) => {
      const expected = { branch: 'develop', environment: 'staging', rollbackTo: 7 };
      expect(readRefs([set(ref)], both).deploy).toMatchObject(expected);
    },
  );

  it('has -o rollback be about the environment of the branch', () => {
    const { deploy } = readRefs([set('refs/heads/develop')], both, { rollback: { number: 3 } });
    expect(deploy).toMatchObject({ environment: 'staging', rollbackTo: 3 });
    const { hint } = refusal([set('refs/heads/develop')], both, { rollback: { number: 3 }, noCache: true });
    expect(hint).toEqual([expect.stringContaining('HEAD:refs/rollback/staging/3')]);
  });

  it('has -o rollback name no release of another environment', () => {
    const ask = (environment: string) => () =>
      readRefs([set('refs/heads/develop')], both, { rollback: { number: 3, environment } });
    expect(ask('staging')().deploy).toMatchObject({ rollbackTo: 3 });
    expect(ask('')).toThrow('-o rollback names a release of another environment than that of develop');
  });

  it.each(['staging', 'staging/', 'staging/x', 'other/7', 'staging/7/8'])('has no release %s', (name) => {
    expect(refusal([set(`refs/rollback/${name}`)], both).message).toBe(`${name} is not the number of a release`);
  });

  it('names all branches where another one is pushed', () => {
    const message = 'shop/app deploys branch main, and develop to staging, and qa/next to qa, not x';
    expect(refusal([set('refs/heads/x')], both).message).toBe(message);
    const { message: short, hint } = refusal([set('refs/heads/x')], only);
    expect(short).toBe('shop/app deploys branch develop to staging, and qa/next to qa, not x');
    expect(hint).toEqual([expect.stringContaining('aaaaaaaaaaaa:refs/heads/develop')]);
  });

  it('that has nothing else has no releases of its own', () => {
    const { message, hint } = refusal([set('refs/rollback/7')], only);
    expect(message).toBe('shop/app has no releases but those of its environments');
    expect(hint).toEqual([expect.stringContaining('HEAD:refs/rollback/<environment>/<number>')]);
  });

  it('keeps the branch that runs in any of them', () => {
    expect(refusal([remove('refs/heads/old')], both).message).toBe(
      'old is what runs until develop is pushed, and cannot be deleted',
    );
    expect(refusal([remove('refs/heads/develop')], both).message).toContain('shop/app/staging deploys it');
    expect(readRefs([remove('refs/heads/older')], both).deletions).toHaveLength(1);
  });

  it('refuses two environments in one push', () => {
    const commands = [set('refs/heads/main'), set('refs/heads/develop')];
    expect(() => readRefs(commands, both)).toThrow('two branches in one push');
  });

  it('that gave a branch to another environment while a push of it waited has it refused', () => {
    const command = readRefs([set('refs/heads/develop')], both).deploy as DeployCommand;
    const moved = { ...both, environments: [at('qa', 'develop')] };
    expect(() => requireSameBranch(command, readRefs([set('refs/heads/develop')], moved))).toThrow(
      'no longer the branch',
    );
  });
});
