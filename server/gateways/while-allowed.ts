/** Following may take as long as a deploy does, in which the key may lose its right. */
export async function* whileAllowed<T>(pieces: AsyncIterable<T>, mayStill: () => void): AsyncGenerator<T> {
  for await (const piece of pieces) {
    mayStill();
    yield piece;
  }
}
