import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli, program } from '../support/cli.ts';
import { must } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { mustKubectl, TestNamespace } from '../support/kubectl.ts';
import { rig } from '../support/rig.ts';

let namespace: TestNamespace;
let folder: string;
let path: string;

beforeAll(async () => {
  namespace = await TestNamespace.create('completion');
  folder = await mkdtemp(join(tmpdir(), 'gitkube-completion-'));
  path = `${folder}:${dirname(rig().kubectl)}:${process.env.PATH}`;
  const names = { gitkube: 'gitkube', 'kubectl-gitkube': 'gitkube', 'kubectl_complete-gitkube': 'kubectl-complete' };
  for (const [name, source] of Object.entries(names)) {
    const file = join(folder, name);
    await writeFile(file, `#!/bin/sh\nexec '${process.execPath}' '${join(dirname(program), source)}.js' "$@"\n`);
    await chmod(file, 0o755);
  }
  await mustKubectl(['-n', namespace.name, 'apply', '-f', '-'], {
    apiVersion: 'gitkube.sh/v1alpha1',
    kind: 'Remote',
    metadata: { name: 'storefront' },
    spec: {},
  });
});

afterAll(async () => {
  await namespace[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** The shells' own ways to ask for completions, with what they hand over when the tab key is pressed behind a line. */
const shells: Record<string, (line: string) => string> = {
  // bash ends words at "=", too.
  bash: (line) => `
    source <(gitkube completion bash)
    COMP_LINE='${line}' COMP_WORDS=(${line.replaceAll('=', ' = ')}) COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
    _gitkube; printf '%s\\n' "\${COMPREPLY[@]}"`,
  zsh: (line) => `
    compdef() {}; _describe() { print -l -- "\${(@P)2}" }
    source <(gitkube completion zsh)
    words=(${line}) CURRENT=$#words; _gitkube`,
  fish: (line) => `gitkube completion fish | source; complete -C '${line}'`,
};
const options: Record<string, readonly string[]> = { bash: ['--norc'], zsh: ['-f'], fish: ['--no-config'] };

describe.each(Object.keys(shells))('completion in %s', (shell) => {
  async function completes(line: string, word: string): Promise<void> {
    const env = { PATH: path, HOME: folder, KUBECONFIG: rig().kubeconfig };
    // On a busy machine the cluster answers too late: a person presses the key again.
    await eventually(async () => {
      const script = shells[shell]?.(line) ?? '';
      const [first = ''] = (await must(shell, [...(options[shell] ?? []), '-c', script], { env })).split('\n');
      return first.split(/[\t:]/)[0] === word;
    });
  }

  it('completes the name of a command', () => completes('gitkube remote rel', 'releases'));
  it('completes the name of a Remote of the cluster', () =>
    completes(`gitkube -n ${namespace.name} remote get stor`, 'storefront'));
  it('completes a value after =', () =>
    completes('gitkube remote list --context=gitkube-t', shell === 'bash' ? 'gitkube-test' : '--context=gitkube-test'));
});

it('completion is refused for an unknown shell', async () => {
  const { code, output } = await cli(['completion', 'tcsh']);
  expect(output).toContain("'tcsh' is invalid for argument 'shell'. Allowed choices are bash, zsh, fish.");
  expect(code).toBe(2);
});

it('completion gives up on a cluster that does not answer, and prints nothing', async () => {
  const { code, output } = await cli(['__complete', '--kubeconfig=/nowhere', 'remote', 'get', '']);
  expect(output).toBe(':4\n');
  expect(code).toBe(0);
});

describe('kubectl gitkube', () => {
  const kubectl = (...args: string[]) =>
    must(rig().kubectl, args, { env: { PATH: path, KUBECONFIG: rig().kubeconfig } });

  it('is the same program', async () => {
    expect(await kubectl('plugin', 'list')).toContain('kubectl-gitkube');
    const listed = await kubectl('gitkube', '-n', namespace.name, 'remote', 'list', '-o', 'name');
    expect(listed).toBe('remote.gitkube.sh/storefront\n');
  });

  it('is completed by kubectl', async () => {
    await eventually(async () => {
      const answer = await kubectl('__complete', 'gitkube', '-n', namespace.name, 'remote', 'get', 'st');
      return /^storefront\n:4\n/.test(answer);
    });
  });
});
