/**
 * The time of `expiry-time` (sshd(8)): `YYYYMMDD`, `YYYYMMDDHHMM` or `YYYYMMDDHHMMSS`. A `Z` behind it says UTC; without one it is
 * UTC as well, which is the time zone of the server in its pod.
 * @returns milliseconds since 1970; undefined: it is no time
 */
export function readExpiryTime(text: string): number | undefined {
  const [, day, time = '', seconds = ''] = /^(\d{8})(?:(\d{4})(\d{2})?)?Z?$/i.exec(text) ?? [];
  if (day === undefined) return undefined;
  const clock = `${time.slice(0, 2) || '00'}:${time.slice(2) || '00'}:${seconds || '00'}`;
  const written = `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T${clock}`;
  const at = Date.parse(`${written}Z`);
  // Date.parse takes the 31st of June for the 1st of July.
  return Number.isNaN(at) || !new Date(at).toISOString().startsWith(written) ? undefined : at;
}
