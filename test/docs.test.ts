import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import type { Command } from 'commander';
import { loadAll } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { createContext } from '../cli/context.ts';
import type { Io } from '../cli/io.ts';
import { createProgram } from '../cli/program.ts';
import { remoteSpec } from '../remote-crd/schema.ts';
import { parsePushOptions } from '../server/receive/push-options.ts';
import { commands } from '../server/ssh/commands/index.ts';
import { anchorsOf, codeOf, fencesOf, linksOf } from './support/markdown.ts';

const root = join(import.meta.dirname, '..');
const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
});
const files = listed.split('\0').filter((file) => file !== '' && file !== 'CHANGELOG.md');
const textOf = (file: string) => readFileSync(join(root, file), 'utf8');

/** What is found in each document, with its name. */
function inAll(find: (markdown: string, file: string) => string[]): string[] {
  return files.flatMap((file) => find(textOf(file), file).map((found) => `${file}: ${found}`));
}

describe('each document', () => {
  it('links to files and headings that are there', () => {
    const broken = inAll((markdown, file) =>
      linksOf(markdown).filter((link) => !/^(https?|ssh):/.test(link) && !resolves(link, file)),
    );
    expect(broken).toEqual([]);
  });

  it('shows commands and flags that gitkube has', () => {
    const program = createProgram(createContext({ env: {}, interactive: false } as unknown as Io));
    expect(inAll((markdown) => codeOf(markdown).flatMap((code) => problemsOf(code, program)))).toEqual([]);
  });

  it('shows push options that there are', () => {
    const unknown = inAll((markdown) =>
      codeOf(markdown)
        .filter((code) => code.includes('git push') && !code.startsWith('remote: '))
        .flatMap((code) => [...code.matchAll(/ -o (\S+)/g)].map(([, option = '']) => option))
        // skip-build: the example of one that there is not.
        .filter((option) => option !== 'skip-build' && !isPushOption(option)),
    );
    expect(unknown).toEqual([]);
  });

  it('shows commands that ssh takes', () => {
    const unknown = inAll((markdown) =>
      codeOf(markdown)
        .flatMap((code) => [...code.matchAll(/\bssh (?:-p \S+ git@\S+|git@\S+|…) +([a-z-]+)/g)])
        .map(([, word = '']) => word)
        .filter((word) => !isSshCommand(word)),
    );
    expect(unknown).toEqual([]);
  });

  it('shows YAML that can be read, and Remotes that the API server would take', () => {
    expect(
      inAll((markdown) =>
        fencesOf(markdown).flatMap(({ line, text, language }) =>
          language === 'yaml' ? yamlProblems(text).map((problem) => `${line}: ${problem}`) : [],
        ),
      ),
    ).toEqual([]);
  });
});

it('the check of docs/guides/ci.md passes for a dry run without errors, and for no push that fails', () => {
  const [, sought = ''] = /grep -qE '([^']+)' push\.log/.exec(textOf('docs/guides/ci.md')) ?? [];
  const fails = execFileSync('git', ['ls-files', '-z', 'test/failures/**/*.txt'], { cwd: root, encoding: 'utf8' });
  const passing = fails.split('\0').filter((file) => file !== '' && new RegExp(sought, 'm').test(textOf(file)));
  expect(passing).toEqual(['test/failures/git/dry-run.txt']);
});

it('each page of docs/ is in its index', () => {
  const index = linksOf(textOf('docs/README.md')).map((link) => normalize(join('docs', link)));
  const pages = files.filter((file) => /^docs\/(guides\/)?[\w-]+\.md$/.test(file) && file !== 'docs/README.md');
  expect(pages.filter((page) => !index.includes(page))).toEqual([]);
});

function resolves(link: string, file: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? file : normalize(join(dirname(file), path));
  if (!existsSync(join(root, target))) return false;
  return anchor === undefined || anchorsOf(textOf(target)).has(anchor);
}

/** What of `gitkube …` in this code its command tree does not have. */
function problemsOf(code: string, program: Command): string[] {
  return [...code.matchAll(/(?:^|(?<!-n|the)[\s(&|])(?:kubectl )?gitkube +([^#|&;)]*)/g)].flatMap(([, words = '']) =>
    problems(words.trim().split(/ +/), program),
  );
}

function problems(words: readonly string[], program: Command): string[] {
  let command = program;
  const wrong: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word.startsWith('-')) {
      const [flag = ''] = word.split('=');
      const option = [...command.options, ...program.options].find(
        ({ short, long }) => flag === short || flag === long,
      );
      if (option === undefined && !/^(--help|-h)$/.test(flag))
        wrong.push(`gitkube ${words.join(' ')}: no flag ${flag}`);
      if (option?.required && !word.includes('=')) at++;
      continue;
    }
    if (command.commands.length === 0) break;
    const next = word.split(/[|,]/).map((name) => command.commands.find((one) => one.name() === name));
    if (next.includes(undefined)) {
      // A word of prose, or a name, as in `helm -n gitkube uninstall gitkube`.
      if (/^[a-z][a-z-]*$/.test(word)) wrong.push(`gitkube ${words.join(' ')}: no command ${word}`);
      return wrong;
    }
    command = next[0] as Command;
  }
  return wrong;
}

function isPushOption(option: string): boolean {
  try {
    parsePushOptions([option.replace('<number>', '7')]);
    return true;
  } catch {
    return false;
  }
}

function isSshCommand(word: string): boolean {
  return commands.find(({ pattern }) => pattern.test(word)) !== commands.at(-1);
}

function yamlProblems(text: string): string[] {
  try {
    return loadAll(text.replaceAll('…', 'x')).flatMap((document) =>
      remoteProblems(document as { kind?: string; spec?: unknown }),
    );
  } catch (error) {
    return [String(error)];
  }
}

function remoteProblems(document: { readonly kind?: string; readonly spec?: unknown }): string[] {
  if (document?.kind !== 'Remote') return [];
  const { error } = remoteSpec.strict().safeParse(document.spec);
  return error ? [error.message] : [];
}
