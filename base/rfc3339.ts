/** RFC 3339 in UTC, with whole seconds, as Kubernetes writes times. @param ms milliseconds since 1970 */
export function rfc3339(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
