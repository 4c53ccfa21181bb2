import { z } from 'zod';
import { taskStages } from './remote.ts';
import { containerName, deploymentName, pathInRepository, printable, text } from './rules.ts';
import { taskBuild } from './schema-images.ts';

/** The tasks of a Remote: a part of schema.ts, with the same leniency. */

const taskEnv = z.object({
  name: z
    .string()
    .max(256)
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
    .describe('Its name. Names that begin with GITKUBE_ are set by Gitkube.'),
  value: text(32_768).nullish().describe('Its value: plain text, never a secret.'),
});

const taskFrom = z.object({
  deployment: text(253, deploymentName).describe('A workload of spec.deployments.'),
  container: text(63, containerName).describe('One of its containers there.'),
});

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity, without those below zero. */
const quantityPattern = '^\\+?([0-9]+\\.?[0-9]*|\\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$';

const quantity = z
  .unknown()
  .refine(isQuantity, 'must be a quantity, such as 500m or 256Mi')
  .meta({ 'x-kubernetes-int-or-string': true, pattern: quantityPattern, maxLength: 64 })
  .optional();

function isQuantity(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= 64 && new RegExp(quantityPattern).test(value);
  return Number.isInteger(value) && Number(value) >= 0;
}

const amounts = z.object({
  cpu: quantity.describe('As in a container, such as 500m.'),
  memory: quantity.describe('As in a container, such as 256Mi.'),
  'ephemeral-storage': quantity.describe('As in a container, such as 1Gi.'),
});

const taskResources = z.object({
  requests: amounts.nullish().describe('What it needs at least.'),
  limits: amounts.nullish().describe('What it may use at most.'),
});

const taskInherit = z.object({
  env: z.boolean().nullish().describe('Whether it has the environment of the container. Unset: true.'),
  volumes: z
    .array(text(63))
    .max(20)
    .nullish()
    .describe(
      'More volumes of the workload to mount as the container does, such as claims. Those of ConfigMaps, Secrets, projections and emptyDir are mounted in any case. A Migrate task of a container with others has to say which, or [].',
    ),
  sidecars: z
    .array(text(63))
    .max(10)
    .nullish()
    .describe('Init containers of the workload with restartPolicy Always, such as a database proxy. Unset: none.'),
});

const undoOfMigrate = 'undo is only for stage Migrate';
const buildOfTest = 'build is only for stage Test';
const fromOrBuild = 'must have from or build, not both';
const inheritOfFrom = 'inherit is of a container of a workload: it goes with from, not with build';
const noTestOnRollback = 'a rollback never runs a Test, so onRollback cannot be Run';

const taskFields = z.object({
  name: text(30, containerName).describe('Its name, in each line of its log.'),
  stage: z
    .enum(taskStages)
    .describe(
      'Test: before anything is changed. Migrate: before the first workload is changed. Verify: when all of them run, before it is a release.',
    ),
  from: taskFrom
    .nullish()
    .describe(
      'The container whose image, environment and account it has. May be left out when spec.deployments has one container.',
    ),
  build: taskBuild
    .nullish()
    .describe(
      'For Test, in place of from: an image of its own, such as the test stage of a Dockerfile, that no workload runs. It has nothing of a workload: no environment, no volumes, and no token of an account.',
    ),
  command: z.array(text(4096)).min(1).max(100).describe('What it runs, each word on its own; no shell is added.'),
  undo: z
    .array(text(4096))
    .min(1)
    .max(100)
    .nullish()
    .describe(
      'For Migrate: the command, in the new image, that takes back what it has done when the deploy fails later. Unset: nothing is taken back, and the push says so.',
    ),
  timeoutSeconds: z
    .int()
    .min(1)
    .max(3600)
    .nullish()
    .describe(
      'How many seconds it may take, with its retries, at most 3600; those of all tasks together at most 7200. Unset: 600.',
    ),
  retries: z
    .int()
    .min(0)
    .max(5)
    .nullish()
    .describe('How many times it is run again after a failure, at most 5. Unset: 0.'),
  onlyIfChanged: z
    .array(text(512, pathInRepository, printable))
    .max(20)
    .nullish()
    .describe('Files and folders of the repository: it is skipped when the last release has the same. Unset: never.'),
  onRollback: z
    .enum(['Skip', 'Run'])
    .nullish()
    .describe('Whether a rollback runs it. Unset: Skip, for Verify Run. A rollback never runs a Test.'),
  env: z
    .array(taskEnv)
    .max(100)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
    .nullish()
    .describe('More environment variables, with plain values.'),
  inherit: taskInherit.nullish().describe('What it has of the workload.'),
  resources: taskResources.nullish().describe('What it requests, and what it may use. Unset: as the container.'),
});

const task = taskFields
  .refine(({ stage, undo }) => stage === 'Migrate' || !undo, undoOfMigrate)
  .refine(({ stage, build }) => stage === 'Test' || !build, buildOfTest)
  .refine(({ from, build }) => !from || !build, fromOrBuild)
  .refine(({ inherit, build }) => !inherit || !build, inheritOfFrom)
  .refine(({ stage, onRollback }) => stage !== 'Test' || onRollback !== 'Run', noTestOnRollback)
  .meta({
    'x-kubernetes-validations': [
      { rule: "self.stage == 'Migrate' || !has(self.undo)", message: undoOfMigrate },
      { rule: "self.stage == 'Test' || !has(self.build)", message: buildOfTest },
      { rule: '!has(self.from) || !has(self.build)', message: fromOrBuild },
      { rule: '!has(self.inherit) || !has(self.build)', message: inheritOfFrom },
      {
        rule: "self.stage != 'Test' || !has(self.onRollback) || self.onRollback != 'Run'",
        message: noTestOnRollback,
      },
    ],
  });

export const tasks = z
  .array(task)
  .max(20)
  .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] });
