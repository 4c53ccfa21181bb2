import { expect } from 'vitest';
import { annotationNames } from '../../deployer/index.ts';
import type { DeployerLab } from './deployer-lab.ts';

/** The Deployment is again what it was: images, annotations, and it runs. */
export async function expectAsBefore(lab: DeployerLab, name: string, image: string): Promise<void> {
  const { metadata, status, spec } = await lab.deployment(name);
  expect(spec?.template.spec?.containers[0]?.image).toBe(image);
  for (const annotation of annotationNames) expect(metadata?.annotations).not.toHaveProperty([annotation]);
  expect(status?.availableReplicas).toBe(spec?.replicas);
  expect(status?.replicas).toBe(spec?.replicas);
}
