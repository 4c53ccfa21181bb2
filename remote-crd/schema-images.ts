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
};

export const container = z.object({
  name: text(63, containerName).describe(
    'A container or init container of the workload. The last part of the image name, too.',
  ),
  ...imageFields,
});

/** The image of a test alone. */
export const taskBuild = z.object(imageFields);
