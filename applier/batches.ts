/** So much of the API server's time is one push worth; more than one, because most of a call is the way there. */
const atOnce = 8;

/** Does this for all of them, a few at a time. What was begun has ended when it throws. */
export async function inBatches<T, R>(items: readonly T[], work: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += atOnce) {
    const batch = items.slice(at, at + atOnce).map((item, index) => work(item, at + index));
    // All are waited for, so that nothing goes on after the answer.
    await Promise.allSettled(batch);
    results.push(...(await Promise.all(batch)));
  }
  return results;
}
