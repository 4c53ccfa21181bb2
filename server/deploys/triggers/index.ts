import { rollback } from './rollback.ts';

/** Everything that asks for a deploy without git. */
export const triggers = [rollback] as const;

export type AnyTrigger = (typeof triggers)[number];
