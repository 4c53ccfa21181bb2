import { existsSync } from 'node:fs';
import { must } from '../test/support/command.ts';
import type { Project } from '../test/support/project.ts';
import { rig } from '../test/support/rig.ts';

// Debian's own client; a newer one without its buildx plugin would fall back to the slower classic builder.
const docker = existsSync('/usr/bin/docker') ? '/usr/bin/docker' : 'docker';

/** What a person without Gitkube types, for a Deployment `hand` with a container of that name. */
export async function deployByHand(project: Project, folder: string, tag: string): Promise<void> {
  const { engine, registry } = rig();
  const image = `${registry}/by-hand/${project.namespace}:${tag}`;
  const env = { DOCKER_HOST: engine, DOCKER_BUILDKIT: '1' };
  await must(docker, ['build', '--quiet', '--tag', image, folder], { env, cwd: project.folder });
  await must(docker, ['push', '--quiet', image], { env });
  await project.kubectl('set', 'image', 'deployment/hand', `hand=${image}`);
  await project.kubectl('rollout', 'status', 'deployment/hand', '--timeout=60s');
}
