export {
  Applier,
  type ApplierOptions,
  asManifested,
  dryRunLines,
  holds,
  type PreparedManifests,
  type RenderedManifests,
  type RenderRequest,
} from './applier.ts';
export type { AppliedObject } from './apply/apply.ts';
export type { ComparedObject } from './apply/compare.ts';
export { type FieldOwner, ownersAt, type Step } from './fields/owners.ts';
export { comparableFields, isFields, keyOf } from './objects/objects.ts';
export { imagesOf, withImages } from './objects/pod-templates.ts';
export { reachableAt } from './status/reachable-at.ts';
export type * from './types.ts';
export { restartAnnotation } from './wanted/config-changes.ts';
export { configRefs } from './wanted/config-refs.ts';
export { inventory } from './wanted/wanted.ts';
