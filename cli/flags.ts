import { type Command, InvalidArgumentError, Option } from 'commander';

/** `-o` of everything that is a table. */
export const tableFormats = ['json', 'yaml', 'name', 'wide'] as const;
export type TableFormat = (typeof tableFormats)[number];

/** `-o`. */
export function outputOption(...choices: readonly string[]): Option {
  return new Option('-o, --output <format>', 'how the result is printed').choices(choices);
}

/** `--wait`, `--no-wait` and `--timeout`, which commands that wait have; `--wait=false` is understood, too. */
export function addWaitFlags(command: Command, what: string, timeout: string): Command {
  return command
    .addOption(new Option('--wait [boolean]', `wait until ${what}`).argParser(parseBoolean).default(true, 'true'))
    .option('--no-wait', 'the same as --wait=false')
    .addOption(
      new Option('--timeout <time>', 'how long to wait').argParser(parseTime).default(parseTime(timeout), timeout),
    );
}

export interface WaitFlags {
  readonly wait: boolean;
  /** Milliseconds. */
  readonly timeout: number;
}

/** `90s`, `5m`, `1h30m`, as Go writes times. @returns milliseconds */
export function parseTime(text: string): number {
  const units = { h: 3_600_000, m: 60_000, s: 1000 } as const;
  if (!/^(?:\d+[hms])+$/.test(text)) throw new InvalidArgumentError('write it as 90s, 5m or 1h.');
  return [...text.matchAll(/(\d+)([hms])/g)].reduce(
    (sum, [, number, unit]) => sum + Number(number) * units[unit as keyof typeof units],
    0,
  );
}

/** RFC 1123, as Kubernetes names namespaces: with a capital letter there would only ever be nothing in it. */
export function parseNamespace(text: string): string {
  if (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError('a namespace has up to 63 lower case letters, digits and -.');
}

export function parseBoolean(text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw new InvalidArgumentError('it is true or false.');
}

/** For flags that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
