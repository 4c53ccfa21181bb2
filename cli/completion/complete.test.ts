import { describe, expect, it } from 'vitest';
import { createContext } from '../context.ts';
import { processIo } from '../io.ts';
import { createProgram } from '../program.ts';
import { complete } from './complete.ts';

const program = createProgram(createContext(processIo()));
const values = (...words: string[]) => complete(program, words).candidates.map(({ value }) => value);

describe('completion', () => {
  it('offers commands, and those below them', () => {
    expect(values('')).toEqual(expect.arrayContaining(['serve', 'remote', 'doctor', 'install', 'completion']));
    expect(values('')).not.toContain('__complete');
    expect(values('remote', 'k')).toEqual(['keys']);
    expect(values('-n', 'remote', 'remote', 'keys', '')).toEqual(expect.arrayContaining(['add', 'remove', 'list']));
  });

  it('offers the flags of a command and the global ones', () => {
    expect(values('remote', 'list', '--')).toEqual(expect.arrayContaining(['--all-namespaces', '--context']));
    expect(values('remote', 'list', '--')).not.toContain('--kube-context');
  });

  it('offers the values of a flag, also after =', () => {
    expect(values('remote', 'list', '-o', '')).toEqual(['json', 'yaml', 'name', 'wide']);
    expect(values('remote', 'list', '--output=j')).toEqual(['--output=json']);
    expect(values('completion', 'f')).toEqual(['fish']);
  });

  it.each([
    [['remote', 'get', ''], 'remotes', ''],
    [['remote', 'keys', 'remove', 'app', ''], 'keys', ''],
    [['remote', 'list', '-n', ''], 'namespaces', ''],
    [['--context=ri'], 'contexts', '--context='],
  ])('leaves %j to the cluster', (words, source, prefix) => {
    expect(complete(program, words)).toMatchObject({ source, prefix });
  });

  it('leaves files to the shell', () => {
    expect(complete(program, ['remote', 'create', '-f', '']).files).toBe(true);
    expect(complete(program, ['remote', 'keys', 'add', 'app', '']).files).toBe(true);
    expect(complete(program, ['remote', 'get', 'one', ''])).toMatchObject({ files: false, candidates: [] });
  });
});
