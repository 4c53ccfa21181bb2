export { Applier, type ApplierOptions, dryRunLines, holds, inventory, type PreparedManifests } from './applier.ts';
export type { AppliedObject } from './apply.ts';
export type * from './types.ts';
