import { z } from 'zod';
import { containerName, pathInRepository, printable, stageName, text } from './rules.ts';

/** What an image is built of: a part of schema.ts, with the same leniency. */

const buildArg = z.object({
  name: z
    .string()
    .max(256)
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
    .describe('The name of an ARG of the Dockerfile.'),
  value: text(32_768).nullish().describe('Its value: plain text, never a secret, because it can be read in the image.'),
});

const buildSecret = z.object({
  name: z
    .string()
    .max(64)
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/)
    .describe('The id of it in the Dockerfile: RUN --mount=type=secret,id=<name>.'),
  // No rule in CEL: in a list of a list of a list the API server expects it to cost too much.
  secret: z
    .string()
    .max(253)
    .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/)
    .describe('The name of a Secret in the namespace of the Remote.'),
  key: z
    .string()
    .max(253)
    .regex(/^[-._a-zA-Z0-9]+$/)
    .describe('The key of the Secret that has the value.'),
});

const imageFields = {
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
  secrets: z
    .array(buildSecret)
    .max(20)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
    .nullish()
    .describe(
      'Secrets that a RUN of the Dockerfile may read while it builds, which takes an engine with BuildKit. They are in no layer, but a push can print or send them: name none that the pushers must not have.',
    ),
};

export const container = z.object({
  name: text(63, containerName).describe(
    'A container or init container of the workload. The last part of the image name, too.',
  ),
  ...imageFields,
});

/** The image of a test alone. */
export const taskBuild = z.object(imageFields);
