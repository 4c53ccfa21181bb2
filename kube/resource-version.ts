/**
 * Whether an object was stored before another version of the same object. Versions are decimal numbers that grow
 * (KEP-5504); an API server that counts in any other way is taken to show the newest.
 */
export function isOlderVersion(version: string, than: string): boolean {
  if (!isNumber(version) || !isNumber(than)) return false;
  return BigInt(version) < BigInt(than);
}

function isNumber(version: string): boolean {
  return /^\d+$/.test(version);
}
