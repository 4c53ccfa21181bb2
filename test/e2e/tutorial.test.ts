import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { deleteNamespace } from '../support/api-server.ts';
import { DocumentedShell, documentedHost } from '../support/documented-shell.ts';
import { follow, steady, stepsOf } from '../support/followed.ts';
import { Gitkube } from '../support/gitkube.ts';
import { giveTo } from '../support/lease.ts';
import { rig } from '../support/rig.ts';

const tutorial = readFileSync(join(import.meta.dirname, '../../docs/tutorial.md'), 'utf8');

it('the tutorial, followed to the letter, does and prints what it says', async () => {
  await using stack = new AsyncDisposableStack();
  const gitkube = stack.use(
    await Gitkube.start({
      GITKUBE_PUBLIC_ADDRESS: `${documentedHost}:22`,
      // Images of an earlier run would not be built.
      GITKUBE_REGISTRY: `${rig().registry}/${randomUUID()}`,
    }),
  );
  const shell = stack.use(await DocumentedShell.create(gitkube.port));
  stack.defer(() => deleteNamespace('notes'));
  for (const step of stepsOf(tutorial)) {
    const { code, output } = await follow(step, shell);
    if (step.shown !== undefined) expect.soft(steady(output)).toBe(steady(step.shown));
    expect(code !== 0, output).toBe(step.shown?.includes('! [remote rejected]') ?? false);
    if (step.commands.includes('create namespace')) await giveTo(gitkube.name, 'notes');
  }
});
