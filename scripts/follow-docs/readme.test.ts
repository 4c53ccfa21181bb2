import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { firstRemote, nextCommands, readmeSteps } from './readme.ts';

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');

it('the README has each command that is typed', () => {
  const { clean, createDeployment, install, mistake, rollbackBySsh } = readmeSteps(readme);
  expect(clean.commands).toBe('./quickstart --clean');
  expect(createDeployment.commands).toBe('kubectl create deployment hello --image=placeholder.invalid/hello');
  expect(install.commands).toMatch(/^npm ci .*\n.*\ngitkube install .*\ngitkube doctor/);
  expect(mistake.shown).toMatch(/^…\n.*! \[remote rejected\]/s);
  expect(rollbackBySsh.commands).toBe('ssh -p <port> git@<host> rollback default/hello');
  expect(firstRemote(readme)).toContain('kind: Remote');
});

it('the commands that the quickstart ends with are those it prints', () => {
  const output =
    'Gitkube and the example keep running. Next:\n\n  cd /a && git push\n  git status\n\n./quickstart --clean\n';
  expect(nextCommands(output)).toBe('  cd /a && git push\n  git status\n');
  expect(() => nextCommands('error: no engine')).toThrow('names no next commands:\nerror: no engine');
});
