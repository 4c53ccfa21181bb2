/** A JSON pointer (RFC 6901, section 3): `~` and `/` inside a segment are escaped. */
export function pointer(...segments: readonly string[]): string {
  return segments.map((segment) => `/${segment.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
