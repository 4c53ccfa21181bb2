import { z } from 'zod';
import { rights, tokensType } from '../../../remote-crd/index.ts';

/** What is kept of one token, under its id. */
const TokenRecord = z.object({
  /** Hex, of the whole token. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Who or what has it, for people. */
  name: z.string().min(1).max(128),
  may: z.array(z.enum(rights)).min(1).readonly(),
  /** Names, or patterns with `*`; absent: all. */
  branches: z.array(z.string().min(1)).readonly().optional(),
  /** RFC 3339; absent: it does not expire. */
  expires: z.iso.datetime({ offset: true }).optional(),
  /** When it was made. */
  at: z.iso.datetime({ offset: true }),
});
export type TokenRecord = z.infer<typeof TokenRecord>;

/** What is looked at of the Secret. */
export interface TokensSecret {
  readonly type?: string | undefined;
  readonly metadata?: { readonly ownerReferences?: readonly { readonly uid: string }[] | undefined } | undefined;
  readonly data?: Readonly<Record<string, string>> | undefined;
}

/** Whether it is that of the Remote, and not of an earlier one of the same name. */
export function isOf(secret: TokensSecret | undefined, uid: string): boolean {
  const { type, metadata } = secret ?? {};
  return type === tokensType && (metadata?.ownerReferences ?? []).some((owner) => owner.uid === uid);
}

/** By id. One that cannot be read gives no right. @param uid of the Remote */
export function tokensIn(secret: TokensSecret | undefined, uid: string): ReadonlyMap<string, TokenRecord> {
  if (!isOf(secret, uid)) return new Map();
  return new Map(Object.entries(secret?.data ?? {}).flatMap(([id, value]) => readRecord(id, value)));
}

function readRecord(id: string, value: string): [string, TokenRecord][] {
  try {
    return [[id, TokenRecord.parse(JSON.parse(Buffer.from(value, 'base64').toString()))]];
  } catch {
    return [];
  }
}

/** As `data` of the Secret has it. */
export function encodeRecord(record: TokenRecord): string {
  return Buffer.from(JSON.stringify(TokenRecord.parse(record))).toString('base64');
}
