import { plain } from '../base/text.ts';
import type { ReleaseStatus, RemoteStatus } from './status-schema.ts';

/** RFC 7396: what is no longer there has to be named. */
export function mergePatch(seen: unknown, written: RemoteStatus | undefined, next: RemoteStatus): object {
  const names = [...Object.keys((seen as object | null) ?? {}), ...Object.keys(written ?? {})];
  return { ...Object.fromEntries(names.map((name) => [name, null])), ...next };
}

/** An object has room for 1.5 MiB, and its spec, its metadata and what others write need some of it. */
const maxBytes = 512 * 1024;

/** Without the images of the oldest releases, as far as a status would be too large for the API server. */
export function fitted(status: RemoteStatus, max = maxBytes): RemoteStatus {
  const parts = [status, ...(status.environments ?? [])];
  const longest = Math.max(...parts.map(({ releases = [] }) => releases.length));
  for (let kept = longest, fit = status; ; fit = withImages(status, --kept)) {
    if (kept === 0 || Buffer.byteLength(JSON.stringify(fit)) <= max) return fit;
  }
}

/** @param count of how many releases of each environment, the newest first */
function withImages(status: RemoteStatus, count: number): RemoteStatus {
  const cut = <T extends { readonly releases?: ReleaseStatus[] | undefined }>(part: T): T => {
    if (!part.releases) return part;
    return { ...part, releases: part.releases.map((one, index) => (index < count ? one : withoutImages(one))) };
  };
  return cut({ ...status, ...(status.environments && { environments: status.environments.map(cut) }) });
}

function withoutImages({ images: _, ...release }: ReleaseStatus): ReleaseStatus {
  return release;
}

/** The part of a release that fits into a status. */
export function shortened(release: ReleaseStatus): ReleaseStatus {
  return {
    ...release,
    by: plain(release.by, 200),
    ...(release.images ? { images: release.images.slice(0, 200) } : {}),
  };
}
