import { describe, expect, it } from 'vitest';
import { pickDeploy } from './refs.ts';

const a = 'a'.repeat(40);
const zero = '0'.repeat(40);
const set = (ref: string) => ({ oldOid: zero, newOid: a, ref });
const remove = (ref: string) => ({ oldOid: a, newOid: zero, ref });

describe('the refs of a push', () => {
  it('the deploy branch deploys', () => {
    expect(pickDeploy([set('refs/heads/main')], ['main'])).toMatchObject({ branch: 'main', newOid: a });
  });

  it('before the first release main and master are both welcome', () => {
    expect(pickDeploy([set('refs/heads/master')], ['main', 'master'])).toMatchObject({ branch: 'master' });
  });

  it('tags are stored and deploy nothing', () => {
    expect(pickDeploy([set('refs/tags/v1'), remove('refs/tags/v0')], ['main'])).toBeUndefined();
    expect(pickDeploy([set('refs/tags/v1'), set('refs/heads/main')], ['main'])).toMatchObject({ branch: 'main' });
  });

  it.each([
    [[set('refs/heads/feature')], 'branch feature does not deploy, main does'],
    [[set('refs/heads/main'), set('refs/heads/feature')], 'branch feature does not deploy'],
    [[remove('refs/heads/main')], 'main is what runs and cannot be deleted'],
    [[set('refs/tags/releases/9')], 'made by Gitkube'],
    [[remove('refs/tags/releases/1')], 'made by Gitkube'],
    [[set('refs/tags/releases')], 'made by Gitkube'],
    [[set('refs/tags/Releases/1')], 'made by Gitkube'],
    [[set('HEAD')], 'neither a branch nor a tag'],
    [[set('refs/for/main')], 'neither a branch nor a tag'],
    [[set('refs/heads/main00x')], 'branch main00x does not deploy'],
    [[set('refs/builds/main')], 'neither a branch nor a tag'],
  ])('%j is refused', (commands, message) => {
    expect(() => pickDeploy(commands, ['main'])).toThrow(message);
  });

  it('two deploy branches at once are refused while it is open which one it is', () => {
    const both = [set('refs/heads/main'), set('refs/heads/master')];
    expect(() => pickDeploy(both, ['main', 'master'])).toThrow('two branches in one push');
  });

  it('the refusal says what to type', () => {
    expect.assertions(1);
    try {
      pickDeploy([set('refs/heads/feature/x')], ['main']);
    } catch (error) {
      expect(error).toMatchObject({ hint: ['to deploy it, type: git push dev feature/x:main'] });
    }
  });

  it.each(['$(id)', '`id`', '-x', "a'b", 'a;b'])('a branch named %s is never part of what to type', (name) => {
    expect.assertions(1);
    try {
      pickDeploy([set(`refs/heads/${name}`)], ['main']);
    } catch (error) {
      expect(error).toMatchObject({ hint: ['to deploy it, type: git push dev HEAD:main'] });
    }
  });
});
