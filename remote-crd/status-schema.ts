import { z } from 'zod';
import { taskStages } from './remote.ts';
import { text } from './rules.ts';

/** The status of a Remote, written by status-writer.ts alone. */

const time = z.string().max(64).meta({ format: 'date-time' });

const condition = z.object({
  type: text(316).describe('Ready, InSync, Watched, DatabaseAhead, Addressable, Reconciling, Stalled or Warning.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('True, False or Unknown.'),
  observedGeneration: z.int().min(0).optional().describe('The generation of the Remote that this describes.'),
  lastTransitionTime: time.describe('When status last changed.'),
  reason: text(1024).describe('One CamelCase word for programs; docs/errors.md explains those of errors.'),
  message: text(32_768).describe('The same for people.'),
});

const key = z.object({
  type: text(64).optional().describe('The type of a usable key, such as ssh-ed25519.'),
  fingerprint: text(64).optional().describe('As ssh-keygen -lf prints it. Missing when the entry is no usable key.'),
  comment: text(128).optional().describe('The comment of the key.'),
  line: text(128).optional().describe('Which entry of authorizedKeys, and which line of it, is no usable key.'),
  problem: text(512).optional().describe('Why the entry is no usable key.'),
});

const token = z.object({
  id: text(64).describe('As gitkube remote tokens list shows it.'),
  lastUsed: text(10)
    .regex(/^\d{4}-\d{2}-\d{2}$/)
    .meta({ format: 'date' })
    .describe('The day, in UTC, on which it last came with a request.'),
});

const image = z.object({
  name: text(320).describe('deployment/container.'),
  image: text(1024).describe('The image by digest.'),
});

const release = z.object({
  number: z.int().min(1).describe('The number in its tag, releases/N or releases/<environment>/N.'),
  commit: text(64).describe('What was pushed.'),
  by: text(256).describe('Who pushed.'),
  at: time.describe('When it ran.'),
  images: z.array(image).max(200).meta({ 'x-kubernetes-list-type': 'atomic' }).optional().describe('What runs.'),
  durationSeconds: z.number().min(0).optional().describe('From the push to the end of the rollout.'),
});

const lastPush = z.object({
  id: text(64).describe('The id of the push in the log of the server.'),
  commit: text(64).optional().describe('What was pushed.'),
  by: text(256).optional().describe('Who pushed.'),
  result: z.enum(['Succeeded', 'Failed']).describe('Succeeded or Failed.'),
  reason: text(128).describe('Released, Built, Checked, Unchanged or Ran, or a reason of docs/errors.md.'),
  message: text(1024).describe('The same for people.'),
  at: time.describe('When the push ended.'),
});

const taskStates = ['Skipped', 'Running', 'Succeeded', 'Failed', 'TimedOut', 'Undone', 'UndoFailed'] as const;

const task = z.object({
  name: text(63).describe('The name in spec.tasks.'),
  stage: z.enum(taskStages).describe('Test, Migrate or Verify.'),
  state: z
    .enum(taskStates)
    .describe(
      'Skipped, Running, Succeeded, Failed or TimedOut; of a migration that had to be taken back, Undone or UndoFailed.',
    ),
  push: text(64).describe('The id of its deploy: ssh … output shows what it has printed.'),
  commit: text(64).describe('What was deployed.'),
  startedAt: time.optional().describe('When it was started. Missing when it was skipped.'),
  seconds: z.number().min(0).optional().describe('How long it took. Missing while it runs.'),
  exitCode: z.int().optional().describe('Of its command, when that has ended.'),
  message: text(1024).optional().describe('Why it was skipped or failed, or what its undo came to.'),
});

/** Of what is deployed: by the Remote's own fields, or to one of its environments. */
const reported = {
  conditions: z
    .array(condition)
    .max(16)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] })
    .optional()
    .describe(
      'Ready; InSync after the first release; Watched after one that is watched; others only while True, Addressable only while False.',
    ),
  branch: text(255).optional().describe('The branch that deploys.'),
  release: z.int().min(0).optional().describe('The number of the release that runs.'),
  releases: z
    .array(release)
    .max(10)
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .optional()
    .describe('The last ten releases, newest first.'),
  lastPush: lastPush.optional().describe('How the last push ended.'),
  tasks: z
    .array(task)
    .max(20)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
    .optional()
    .describe('The tasks of the last deploy that had any, as they were started.'),
};

export const remoteStatus = z
  .object({
    observedGeneration: z.int().min(0).optional().describe('The generation of the Remote that this status describes.'),
    remoteUrl: text(1024).optional().describe('For git remote add.'),
    remoteUrlDesc: text(1024).optional().describe('Why there is no remoteUrl.'),
    httpsUrl: text(1024).optional().describe('The same over HTTPS, with a token as the password.'),
    ...reported,
    keys: z
      .array(key)
      .max(100)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .optional()
      .describe('The entries of authorizedKeys; the first hundred.'),
    tokens: z
      .array(token)
      .max(100)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .optional()
      .describe('The tokens of git over HTTPS that have been used, the latest first; the first hundred.'),
    environments: z
      .array(z.object({ name: text(40).describe('The name in spec.environments.'), ...reported }))
      .max(10)
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
      .optional()
      .describe('The same of each environment in spec.environments.'),
  })
  .describe('The observed state of this remote.');

export type RemoteStatus = z.infer<typeof remoteStatus>;
export type EnvironmentStatus = NonNullable<RemoteStatus['environments']>[number];
export type Condition = z.infer<typeof condition>;
export type ReleaseStatus = z.infer<typeof release>;
export type PushStatus = z.infer<typeof lastPush>;
export type TaskStatus = z.infer<typeof task>;
export type TokenStatus = z.infer<typeof token>;
export type KeyStatus = z.infer<typeof key>;
