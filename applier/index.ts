export { Applier, type ApplierOptions, dryRunLines, holds, type PreparedManifests } from './applier.ts';
export type { AppliedObject } from './apply/apply.ts';
export type * from './types.ts';
export { inventory } from './wanted/wanted.ts';
