import { z } from 'zod';
import { rights } from './remote.ts';
import { branchPattern, keyName, text } from './rules.ts';

/** Of each entry that grants rights. */
export const branches = z
  .array(text(255, branchPattern))
  .min(1)
  .max(50)
  .meta({ 'x-kubernetes-list-type': 'atomic' })
  .optional()
  .describe(
    'The branches that deploy and operate are about: names, or patterns in which * stands for any characters. Unset: all.',
  );

const rule = z.object({
  keys: z
    .array(text(128, keyName))
    .min(1)
    .max(200)
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .describe(
      'Keys of authorizedKeys, each by its comment or by its fingerprint (SHA256:…). "*" is each key that no other entry names.',
    ),
  may: z
    .array(z.enum(rights))
    .min(1)
    .max(rights.length)
    .meta({ 'x-kubernetes-list-type': 'set' })
    .describe(
      'read: fetch, status, logs, diff and the like. deploy: push, and with it roll back, redeploy, restart and run tasks. operate: the same without a push, and cancel, lock, env and run. Each of deploy and operate includes read.',
    ),
  branches,
});

export const access = z.array(rule).max(100).meta({ 'x-kubernetes-list-type': 'atomic' });
