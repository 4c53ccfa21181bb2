import { plain } from '../base/text.ts';
import type { ReleaseStatus, RemoteStatus } from './status-schema.ts';

/** RFC 7396: what is no longer there has to be named. */
export function mergePatch(seen: unknown, written: RemoteStatus | undefined, next: RemoteStatus): object {
  const names = [...Object.keys((seen as object | null) ?? {}), ...Object.keys(written ?? {})];
  return { ...Object.fromEntries(names.map((name) => [name, null])), ...next };
}

/** The part of a release that fits into a status. */
export function shortened(release: ReleaseStatus): ReleaseStatus {
  return {
    ...release,
    by: plain(release.by, 200),
    ...(release.images ? { images: release.images.slice(0, 200) } : {}),
  };
}
