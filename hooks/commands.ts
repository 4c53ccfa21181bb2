/** One line of what a push asks for: move `ref` from `oldOid` to `newOid`; zeros stand for "not there". */
export interface RefCommand {
  readonly oldOid: string;
  readonly newOid: string;
  readonly ref: string;
}

// SHA-1 or SHA-256 names. The ref is what the client sent: git checks its form only after pre-receive.
const line = /^([0-9a-f]{40}|[0-9a-f]{64}) ([0-9a-f]{40}|[0-9a-f]{64}) ([^\0\n]+)$/;

export function parseCommand(text: string): RefCommand {
  const match = line.exec(text);
  if (!match) throw new SyntaxError('not a ref command');
  const [, oldOid = '', newOid = '', ref = ''] = match;
  return { oldOid, newOid, ref };
}

export function isZero(oid: string): boolean {
  return /^0+$/.test(oid);
}
