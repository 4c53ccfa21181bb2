/** Like Promise.all, but throws only when all have ended, so that nothing runs on after it. */
export async function allOrFirstError<T>(work: readonly Promise<T>[]): Promise<T[]> {
  let first: { readonly thrown: unknown } | undefined;
  const results = await Promise.all(
    work.map((one) =>
      one.catch((thrown: unknown) => {
        first ??= { thrown };
        return undefined;
      }),
    ),
  );
  if (first) throw first.thrown;
  return results as T[];
}
