/** Text that comes from users, builds or clusters, made fit for a terminal and a log. */

// C0 and C1 controls, DEL, and the bidirectional and zero-width characters that can make a line read as another one
// (CVE-2024-52005, CVE-2021-42574). Tab stays.
const unprintable =
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g;
// CSI and OSC sequences vanish as a whole, so that a colored build log stays readable.
const escapeSequence = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

/** One line without terminal escapes and control characters; a longer one than `max` characters is cut with an ellipsis. */
export function plain(text: string, max = 2000): string {
  const clean = text.replace(escapeSequence, '').replace(unprintable, '\ufffd');
  return clean.length > max ? `${clean.slice(0, max - 1)}…` : clean;
}

/** A length of time for people: `850 ms`, `2.1 s`, `3 min 05 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

/** How long ago something was, for people, in one unit: `40 s ago`, `3 h ago`. */
export function ago(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} days ago`;
}

/** The first seven digits of an object id, as git shows it. */
export function shortId(oid: string): string {
  return oid.slice(0, 7);
}

/** `1 file`, `2 files`. */
export function count(n: number, singular: string, plural = `${singular}s`): string {
  return `${n} ${n === 1 ? singular : plural}`;
}

/** `512 bytes`, `1.4 MB`, `5.4 GB`: powers of ten. */
export function byteSize(bytes: number): string {
  if (bytes < 1e5) return `${bytes} bytes`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** A part of a string keeps all of it in memory; this one is a string of its own. */
export function ownString(part: string): string {
  return Buffer.from(part).toString();
}
