/** The environment of a git that reads objects in these folders, too. */
export function alternates(
  env: Readonly<Record<string, string>> = {},
  folders: readonly string[],
): Readonly<Record<string, string>> {
  const before = env.GIT_ALTERNATE_OBJECT_DIRECTORIES;
  return { GIT_ALTERNATE_OBJECT_DIRECTORIES: [...(before ? [before] : []), ...folders].join(':') };
}
