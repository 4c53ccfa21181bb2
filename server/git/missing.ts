/**
 * For `catch`: a file or folder that is not there gives `instead`; one that cannot be read (no file descriptor is left, the
 * disk fails) is an error, and not the same as none.
 */
export function ifMissing<T>(instead: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return instead;
    throw error;
  };
}
