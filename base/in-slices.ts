/** How long one part may hold up everything else. */
const SLICE_MS = 10;

/** For a loop that takes long all together: everything else has its turn between the parts of it. */
export async function* inSlices<T>(items: Iterable<T>, monotonic = () => performance.now()): AsyncGenerator<T, void> {
  let endsAt = monotonic() + SLICE_MS;
  for (const item of items) {
    if (monotonic() >= endsAt) {
      await new Promise((resolve) => setImmediate(resolve));
      endsAt = monotonic() + SLICE_MS;
    }
    yield item;
  }
}
