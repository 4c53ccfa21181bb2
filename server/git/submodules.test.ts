import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { textOfBytes } from '../../base/byte-string.ts';
import { GitFixture } from '../../test/support/git-source.ts';

/** A commit with gitlinks at these paths, and this `.gitmodules`. */
async function submodulesOf(repository: GitFixture, modules: string, ...paths: string[]) {
  repository.commit({ '.gitmodules': modules, 'a.txt': 'a' });
  const oid = repository.git('rev-parse', 'HEAD');
  for (const path of paths) repository.git('update-index', '--add', '--cacheinfo', `160000,${oid},${path}`);
  repository.git('commit', '-q', '-m', 'links');
  const found = await repository.source('HEAD').submodules();
  return found.map(({ path, url }) => [textOfBytes(path), url]);
}

it('a submodule has the URL that .gitmodules has for its path, whatever its name is', async () => {
  using repository = new GitFixture();
  const modules = [
    '[submodule "some name"]\n\tpath = vendor/lib\n\turl = https://old.example.com/lib\n',
    '[submodule "some name"]\n\turl = https://git.example.com/lib.git\n',
    '[submodule "unused"]\n\tpath = gone\n\turl = https://git.example.com/gone\n',
    '[submodule "ü"]\n\tpath = "naïve dir"\n\turl = ../relative\n',
  ].join('');
  expect(await submodulesOf(repository, modules, 'vendor/lib', 'naïve dir', 'nameless')).toEqual([
    ['nameless', undefined],
    ['naïve dir', '../relative'],
    ['vendor/lib', 'https://git.example.com/lib.git'],
  ]);
});

it('a file that .gitmodules includes is not read', async () => {
  using repository = new GitFixture();
  const secret = join(repository.folder, '.git/secret');
  writeFileSync(secret, '[submodule "x"]\n\tpath = lib\n\turl = https://secret.example.com/\n');
  expect(await submodulesOf(repository, `[include]\n\tpath = ${secret}\n`, 'lib')).toEqual([['lib', undefined]]);
});

it('a repository without .gitmodules has none that could be fetched', async () => {
  using repository = new GitFixture();
  expect(await repository.commit({ 'a.txt': 'a' }).submodules()).toEqual([]);
});
