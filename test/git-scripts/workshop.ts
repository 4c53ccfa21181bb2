import { chmod, copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findProgram } from '../cluster/packages.ts';
import { RigError } from '../cluster/rig-error.ts';
import { runToEnd } from '../cluster/run.ts';
import type { GitSource } from './git-source.ts';

const replaced = join(import.meta.dirname, 'replaced');

/** A copy of git's tests that is as if git had been built beside them, with Gitkube in place of Apache. */
export class Workshop implements AsyncDisposable {
  readonly #folder: string;
  readonly #git: string;
  readonly #perlFolders: string;

  private constructor(folder: string, git: string, perlFolders: string) {
    this.#folder = folder;
    this.#git = git;
    this.#perlFolders = perlFolders;
  }

  /** @param terminal the unpacked package of IO::Pty: a terminal for the tests that need one */
  static async open(source: GitSource, terminal: string): Promise<Workshop> {
    const [git, perl] = ['git', 'perl'].map(findProgram);
    if (git === undefined || perl === undefined) throw new RigError('git and perl are needed');
    const folder = await mkdtemp(join(tmpdir(), 'gitkube-git-scripts-'));
    const tests = join(folder, 't');
    await cp(join(source.folder, 't'), tests, { recursive: true });
    await mkdir(join(folder, 'templates/blt/hooks'), { recursive: true });
    await writeFile(join(folder, 'GIT-BUILD-OPTIONS'), buildOptions(perl));
    await copyFile(join(replaced, 'test-tool'), join(tests, 'helper/test-tool'));
    await chmod(join(tests, 'helper/test-tool'), 0o755);
    const library = join(tests, 'lib-httpd.sh');
    const [ours, theirs] = [await readFile(join(replaced, 'lib-httpd.sh'), 'utf8'), await readFile(library, 'utf8')];
    await writeFile(library, withFunctionsOf(theirs, ours));
    return new Workshop(folder, dirname(git), await perlFolders(terminal));
  }

  /** @returns what the script printed */
  async run(script: string): Promise<string> {
    const trash = join(this.#folder, 'trash');
    // What a test says of its failure is on the standard error, between the lines of the other one.
    const shell = ['-c', 'exec sh "$@" 2>&1', 'sh', script, '-v', `--root=${trash}`];
    const { stdout, lastLines } = await runToEnd('sh', shell, {
      cwd: join(this.#folder, 't'),
      env: {
        PATH: process.env.PATH ?? '',
        HOME: this.#folder,
        TERM: 'dumb',
        GIT_TEST_INSTALLED: this.#git,
        GIT_TEST_HTTPD: 'true',
        GIT_TEST_LONG: 'true',
        PERL5LIB: this.#perlFolders,
        TEST_OUTPUT_DIRECTORY: this.#folder,
        no_proxy: '127.0.0.1',
        HTTP_TESTS_NODE: process.execPath,
        HTTP_TESTS_SERVER: join(import.meta.dirname, 'server.ts'),
      },
    });
    return /^1\.\.\d+/m.test(stdout) ? stdout : `${stdout}\n${lastLines.join('\n')}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function perlFolders(unpacked: string): Promise<string> {
  const all = await readdir(unpacked, { recursive: true, withFileTypes: true });
  return all.flatMap(({ name, parentPath }) => (name === 'IO' ? [parentPath] : [])).join(':');
}

/** What git's Makefile writes of the git that it has built (GIT-BUILD-OPTIONS), for one of Debian. */
function buildOptions(perl: string): string {
  const options = { SHELL_PATH: '/bin/sh', PERL_PATH: perl, DIFF: 'diff', TAR: 'tar', PYTHON_PATH: '', X: '' };
  return Object.entries(options)
    .map(([name, value]) => `${name}='${value}'\n`)
    .join('');
}

/** The functions that git's library has and ours has not. */
export function withFunctionsOf(theirs: string, ours: string): string {
  const functions = theirs.matchAll(/^(\w+) ?\(\) ?\{\n[\s\S]*?^\}\n/gm);
  const missing = [...functions].filter(([, name]) => !new RegExp(`^${name} ?\\(\\)`, 'm').test(ours));
  return [ours, ...missing.map(([text]) => text)].join('\n');
}
