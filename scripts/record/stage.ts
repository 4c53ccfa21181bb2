import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { gitRemoteCommands } from '../../base/git-remote.ts';
import { target } from '../../test/support/app.ts';
import { DocumentedShell, documentedHost } from '../../test/support/documented-shell.ts';
import { Gitkube } from '../../test/support/gitkube.ts';
import { appDockerfile, Project } from '../../test/support/project.ts';
import { rig } from '../../test/support/rig.ts';

/** A server, an app that runs its first release, and a shell that reaches both by the names of the documentation. */
export async function stage(): Promise<{ cwd: string; env: NodeJS.ProcessEnv } & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const gitkube = stack.use(await Gitkube.start({ GITKUBE_PUBLIC_ADDRESS: `${documentedHost}:22` }));
  const project = stack.use(await Project.create(gitkube, { namespace: 'shop' }));
  const shell = stack.use(await DocumentedShell.create(gitkube.port));
  const authorizedKeys = [await project.publicKey(), await readFile(shell.publicKey, 'utf8')];
  await project.applyRemote({ deployments: [target('www', {})], authorizedKeys });
  await project.write('www/Dockerfile', appDockerfile().replace(rig().baseImage, 'busybox'));
  await project.write(
    'www/index.html',
    `Hello.\n<!-- ${randomUUID()}: built each time, whatever the registry has -->\n`,
  );
  await project.commit('First version');
  for (const [, ...args] of gitRemoteCommands('dev', `ssh://git@${documentedHost}/shop/app`))
    await project.git(...args);
  const { code, output } = await project.push('main');
  if (code !== 0) throw new Error(output);
  const kept = stack.move();
  return { cwd: project.folder, env: shell.env, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
