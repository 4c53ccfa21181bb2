/** Resolves when the output of a command has what is waited for; `onOutput` goes into its options. */
export function outputWith(text: string | RegExp): { onOutput: (output: string) => void; seen: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { seen: promise, onOutput: (output) => (output.match(text) ? resolve() : undefined) };
}
