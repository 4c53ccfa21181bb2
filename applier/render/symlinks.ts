/**
 * Whether a symlink can only lead to something inside the folder that was checked out, whatever other such symlinks it
 * leads through: it first climbs (its own folder is a real one), at most to the top, and never climbs again.
 * @param path of the symlink, relative to the top
 */
export function staysInside(path: string, target: string): boolean {
  if (target === '' || target.startsWith('/') || target.includes('\0')) return false;
  const steps = target.split('/').filter((step) => step !== '' && step !== '.');
  const down = steps.findIndex((step) => step !== '..');
  const climbs = down === -1 ? steps.length : down;
  const depth = path.split('/').length - 1;
  return climbs <= depth && !steps.slice(climbs).includes('..');
}
