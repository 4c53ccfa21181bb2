import { describe, expect, it } from 'vitest';
import { bytesOfText } from '../../base/byte-string.ts';
import { thrownBy } from '../../test/support/thrown-by.ts';
import { allowedUrl, judgeSubmodules } from './submodules.ts';

const hosts = ['Git.Example.com:443', '127.0.0.1:8080'];
const module = (path: string, url?: string) => ({ path: bytesOfText(path), commit: 'c0ffee', ...(url && { url }) });

describe('the URL of a submodule', () => {
  it.each([
    ['https://git.example.com/lib.git', true],
    ['https://git.example.com:443/lib.git', true],
    ['http://git.example.com/lib.git', false],
    ['http://127.0.0.1:8080/lib.git', true],
    ['https://git.example.com.evil.org/lib.git', false],
    ['https://ann:secret@git.example.com/lib.git', false],
    ['https://git.example.com@evil.org/lib.git', false],
    ['ssh://git@git.example.com/lib.git', false],
    ['git@git.example.com:lib.git', false],
    ['../lib.git', false],
    ['file:///etc', false],
    ['ext::sh -c id', false],
    ['', false],
    ['https://git.example.com\\@evil.org/lib.git', false],
    ['http://127.0.0.1:8080\\@10.0.0.5/lib.git', false],
    ['https://git.example.com/a b.git', false],
    ['https://git.example.com\t/lib.git', false],
    ['https://git.example.com/lib.git?x=1', false],
    ['HTTPS://GIT.EXAMPLE.COM/lib.git', true],
    ['-upload-pack=id', false],
  ])('%s: %s', (url, allowed) => {
    expect(allowedUrl(url, hosts) !== undefined).toBe(allowed);
  });
});

describe('submodules of a build', () => {
  it('are fetched where all are allowed', () => {
    const modules = [module('vendor/lib', 'https://git.example.com/lib.git')];
    expect(judgeSubmodules('www/web', modules, hosts)).toEqual({ fetched: modules, lines: [] });
    expect(judgeSubmodules('www/web', [], [])).toEqual({ fetched: [], lines: [] });
  });

  it('stay empty folders, and are named, where the operator allows no host', () => {
    const { fetched, lines } = judgeSubmodules('www/web', [module('vendor/lib', 'https://git.example.com/lib')], []);
    expect(fetched).toEqual([]);
    expect(lines).toEqual(['www/web: the folders of submodules stay empty: vendor/lib']);
  });

  it('have the build refused where one of them is not allowed, with each name and why', () => {
    const modules = [
      module('ok', 'https://git.example.com/lib.git'),
      module('far', 'https://evil.org/lib.git'),
      module('near', '../lib.git'),
      module('key', 'git@git.example.com:lib.git'),
      module('login', 'https://ann:secret@git.example.com/lib.git'),
      module('nameless'),
    ];
    const error = thrownBy(() => judgeSubmodules('www/web', modules, hosts));
    expect(error.message).toBe(
      'the build of www/web needs submodules that this server does not fetch: far, near, key, login, nameless',
    );
    expect(error.evidence).toEqual([
      'far: its URL is https://evil.org/lib.git, at evil.org',
      'near: its URL is ../lib.git, which is relative or for ssh: write an https URL',
      'key: its URL is git@git.example.com:lib.git, which is relative or for ssh: write an https URL',
      'login: its URL https://…@git.example.com/lib.git has a login, which everybody could read',
      'nameless: .gitmodules does not name it',
    ]);
  });
});
