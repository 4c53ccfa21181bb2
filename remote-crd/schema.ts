import { z } from 'zod';
import {
  branchName,
  containerName,
  deploymentName,
  pathInRepository,
  printable,
  registryUrl,
  secretName,
  stageName,
  text,
} from './rules.ts';

/**
 * The spec of a Remote: the one source of the CRD, of its validation at run time and of `kubectl explain`.
 *
 * Every form that hasura/gitkube accepted and that could work is accepted: its CRD had no schema, and its own CLI wrote
 * empty leftovers (`manifests: {helm: {}, path: ""}`, `secretKeyRef: {key: ""}`). So nearly everything may be missing,
 * empty or null here, and parse.ts makes one form of it.
 */

const buildArg = z.object({
  name: z
    .string()
    .max(256)
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
    .describe('The name of an ARG of the Dockerfile.'),
  value: text(32_768).nullish().describe('Its value: plain text, never a secret, because it can be read in the image.'),
});

const container = z.object({
  name: text(63, containerName).describe(
    'A container or init container of the workload. The last part of the image name, too.',
  ),
  path: text(512, pathInRepository, printable)
    .nullish()
    .describe('The build context: a folder, relative to the repository root. Unset: the root.'),
  dockerfile: text(512, pathInRepository, printable)
    .nullish()
    .describe('The Dockerfile, relative to the repository root, not to path. Unset: Dockerfile in path.'),
  buildArgs: z
    .array(buildArg)
    .max(200)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
    .nullish()
    .describe('Values for the ARGs of the Dockerfile.'),
  target: text(128, stageName).nullish().describe('The stage of the Dockerfile to build. Unset: the last one.'),
});

const deployment = z.object({
  name: text(253, deploymentName).describe('A Deployment in the namespace of the Remote.'),
  containers: z
    .array(container)
    .max(50)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
    .nullish()
    .describe('The containers whose images are built from the repository. The others stay as they are.'),
});

const secretKeyRef = z.object({
  name: text(253, secretName).nullish().describe('The name of the Secret.'),
  key: text(253).nullish().describe('Ignored: the type of the Secret says where its credentials are.'),
  optional: z.boolean().nullish().describe('Ignored.'),
});

const credentials = z.object({
  secretRef: text(253, secretName)
    .nullish()
    .describe(
      'The name of a Secret in the namespace of the Remote, of type kubernetes.io/dockerconfigjson or kubernetes.io/dockercfg. Wins over secretKeyRef.',
    ),
  secretKeyRef: secretKeyRef.nullish().describe('The older way to name the Secret.'),
});

const registry = z.object({
  url: text(255, registryUrl)
    .nullish()
    .describe(
      'Where images are pushed to and pulled from: host[:port][/path], such as docker.io/user. Unset: the default registry of the server.',
    ),
  credentials: credentials.nullish().describe('What opens the registry. Unset: nothing is sent.'),
});

const manifests = z.object({
  path: text(512)
    .nullish()
    .describe('A folder with manifests or a chart. Kept, but not applied by this version: apply them yourself.'),
  helm: z
    .object({
      release: text(253).nullish().describe('The name of the Helm release.'),
      values: z
        .unknown()
        .meta({ 'x-kubernetes-preserve-unknown-fields': true })
        .optional()
        .describe('A list of name and value.'),
    })
    .nullish()
    .describe('How a chart is installed.'),
});

const rollout = z.object({
  timeoutSeconds: z
    .int()
    .min(1)
    .max(3600)
    .nullish()
    .describe('How long a new version may take to become ready before it is put back. Unset: 300.'),
});

export const remoteSpec = z
  .object({
    authorizedKeys: z
      .array(text(65_536))
      .max(1000)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .nullish()
      .describe(
        'SSH public keys that may push, as in an authorized_keys file; an entry may hold several lines. Accepted: ssh-ed25519, ecdsa-sha2-nistp256/384/521 and ssh-rsa of at least 2048 bits.',
      ),
    branch: text(255, branchName)
      .nullish()
      .describe('The branch that deploys. Unset: main or master, whichever is pushed first.'),
    registry: registry.nullish().describe('Where images go.'),
    deployments: z
      .array(deployment)
      .max(200)
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
      .nullish()
      .describe('The workloads that a push rolls out.'),
    rollout: rollout.nullish().describe('How a new version is rolled out.'),
    manifests: manifests.nullish().describe('What the original Gitkube applied before a build.'),
  })
  .describe('What a push to this remote builds and deploys, and who may push.');

export type RemoteSpec = z.infer<typeof remoteSpec>;
