/** Values of secrets, by the name that the Dockerfile has for each. */
export type SecretValues = ReadonlyMap<string, Buffer>;

/** What is shorter would hide half of the output, and protect nothing. */
const leastLength = 4;

/**
 * Hides the values of secrets in what a build prints: each as a whole, and each line of one that has several. It is against
 * accidents: a step that prints a value in another form, as base64, is not seen.
 */
export function maskOf(secrets: SecretValues | undefined): (text: string) => string {
  const texts = [...(secrets?.values() ?? [])].map((value) => value.toString('utf8').trim());
  const lines = texts.flatMap((text) => text.split(/\r?\n/)).map((line) => line.trim());
  const values = [...new Set([...texts, ...lines])].filter(({ length }) => length >= leastLength);
  // One may be the beginning of another.
  values.sort((a, b) => b.length - a.length);
  return (text) => values.reduce((masked, value) => masked.replaceAll(value, '***'), text);
}
