import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Project } from '../support/project.ts';
import { RegistryProxy } from '../support/registry-proxy.ts';
import { rig } from '../support/rig.ts';
import { rejected, rejectedWith, type Scenario, type ScenarioGroup } from './scenario.ts';

const longBuild = [
  `echo "src/main.c:7:3: error: 'prot' undeclared"`,
  'for i in $(seq 40); do echo "cc -c file$i.c"; done',
  'echo "make: *** [Makefile:2: all] Error 2"; exit 2',
];

export const build: ScenarioGroup = {
  atOnce: 1,
  scenarios: {
    'unknown-instruction': withDockerfile('FROM base', 'COPY index.html /www/', 'CMDD ["httpd"]'),
    'copy-of-a-missing-file': withDockerfile('FROM base', 'COPY index.html /www/', 'COPY vendr /vendor'),
    'run-fails': withDockerfile('FROM base', 'RUN echo "npm error ERESOLVE could not resolve react@19"; exit 1'),
    'run-fails-long-after-its-error': withDockerfile('FROM base', `RUN ${longBuild.join('; ')}`),
    'secret-mount': withDockerfile(
      'FROM base',
      'RUN --mount=type=secret,id=npmrc,required=true cat /run/secrets/npmrc',
    ),
    'target-missing': async (stage) => {
      const containers = [{ name: 'www', path: 'www', target: 'production' }];
      await using project = await stage.project({ replicas: 0, spec: { deployments: [{ name: 'www', containers }] } });
      return await rejected(project);
    },
    'base-image-missing': onRegistry('pass'),
    'base-image-denied': onRegistry(401),
    'no-dockerfile': async (stage) => {
      const project = await stage.shared('build');
      await project.git('mv', 'www/Dockerfile', 'www/Containerfile');
      await project.commit('another name');
      return rejected(project);
    },
    'dockerfile-is-a-link-to-nothing': async (stage) => {
      const project = await stage.shared('build');
      await rm(join(project.folder, 'www/Dockerfile'));
      await symlink('../docker/Dockerfile', join(project.folder, 'www/Dockerfile'));
      await project.commit('a link');
      return rejected(project);
    },
  },
};

/** @param lines with `base` for the base image of these tests */
function withDockerfile(...lines: string[]): Scenario {
  return async (stage) => {
    const project = await stage.shared('build');
    await commitDockerfile(project, ...lines);
    return rejected(project);
  };
}

/** Its base image is in a registry that does not have it, or that answers so. */
function onRegistry(fault: 'pass' | number): Scenario {
  return async (stage) => {
    const project = await stage.shared('build');
    await using proxy = await RegistryProxy.start();
    proxy.fault = () => fault;
    await commitDockerfile(project, `FROM ${proxy.host}/team/base:1.0`);
    return await rejectedWith({ called: { [proxy.host]: 'other.example.com' } }, project, 'main');
  };
}

async function commitDockerfile(project: Project, ...lines: string[]): Promise<void> {
  const text = lines.join('\n').replace('FROM base', `FROM ${rig().baseImage}`);
  await project.writeApp('www', 'www 2', `${text}\n`);
  await project.commit('another Dockerfile');
}
