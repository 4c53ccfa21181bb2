/** As `kubectl rollout restart` writes it. @param now milliseconds since the epoch */
export function restartTime(now: number): string {
  return new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
}
