import { styleText } from 'node:util';

type Style = (text: string) => string;

/** How parts of a text look to a person. What is given to it is plain already. */
export interface Paint {
  /** As it should be. */
  readonly good: Style;
  readonly bad: Style;
  /** Neither: it differs, or nobody knows. */
  readonly warning: Style;
  /** Beside what is read first. */
  readonly quiet: Style;
  /** A name in lines of many: always the same color for one name. */
  readonly name: Style;
}

const styled = (format: Parameters<typeof styleText>[0]): Style => {
  // Of the terminal of a client, not of this process.
  return (text) => (text === '' ? '' : styleText(format, text, { validateStream: false }));
};

/** Those that are read on light and on dark ground, and mean nothing. */
const ofNames = (['cyan', 'magenta', 'blue', 'cyanBright', 'magentaBright', 'blueBright'] as const).map(styled);

/** The sixteen colors that every terminal has, in the shades that its owner has chosen. */
export const colors: Paint = {
  good: styled('green'),
  bad: styled('red'),
  warning: styled('yellow'),
  quiet: styled('gray'),
  name: (text) => (ofNames[hash(text) % ofNames.length] ?? String)(text),
};

export const noColors: Paint = { good: String, bad: String, warning: String, quiet: String, name: String };

function hash(text: string): number {
  let sum = 0;
  for (const letter of text) sum = (Math.imul(sum, 31) + (letter.codePointAt(0) ?? 0)) >>> 0;
  return sum;
}
