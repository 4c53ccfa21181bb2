import { type Line, typingSeconds } from './session.ts';

const columns = 104;
const rows = 26;
const letter = 7.85;
const lineHeight = 19;
const margin = 16;
const header = 34;
/** The last screen stays for this long, before it begins again. */
const endSeconds = 8;

const width = Math.round(columns * letter + 2 * margin);
const height = header + rows * lineHeight + margin;

/** The session as an animated picture, which needs no program of ours to play it, and follows the reader's light or dark. */
export function drawing(session: readonly Line[], about: string): string {
  const lines = session.flatMap(wrapped);
  const total = (lines.at(-1)?.at ?? 0) + endSeconds;
  const percent = (at: number) => `${((at / total) * 100).toFixed(3)}%`;
  const shown = lines.map((line, index) => text(line, index));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(about)}</title>`,
    '<style>',
    style(total),
    ...lines.map((line, index) => appearance(line, index, percent)),
    scrolling(lines, percent),
    '</style>',
    `<rect class="window" width="${width}" height="${height}" rx="8"/>`,
    ...[0, 1, 2].map((dot) => `<circle class="dot" cx="${margin + 6 + dot * 20}" cy="18" r="6"/>`),
    `<svg x="${margin}" y="${header}" width="${width - 2 * margin}" height="${rows * lineHeight}"><g class="screen">`,
    ...shown,
    '</g></svg>',
    '</svg>',
    '',
  ].join('\n');
}

interface Row extends Line {
  readonly kind: string;
}

/** As a terminal of this width breaks it. */
function wrapped(line: Line): Row[] {
  const parts = line.text.match(new RegExp(`.{1,${columns}}`, 'gu')) ?? [''];
  return parts.map((part) => ({ ...line, text: part, kind: kindOf(line) }));
}

function text(line: Row, index: number): string {
  const y = (index + 1) * lineHeight - 5;
  return `<text class="l l${index} ${line.kind}" x="0" y="${y}">${escaped(line.text)}</text>`;
}

/** What git colors in the answer of a remote on a terminal, and how far a push has come. */
function kindOf({ text, isCommand }: Line): string {
  if (isCommand) return 'command';
  if (/^remote: error|^ ! |^error:/.test(text)) return 'bad';
  if (/^remote: hint|^hint/.test(text)) return 'hint';
  if (/^remote: Released/.test(text)) return 'good';
  return text.startsWith('remote:') ? 'remote' : 'plain';
}

function style(total: number): string {
  return [
    ':root{--window:#f6f8fa;--text:#1f2328;--quiet:#59636e;--good:#1a7f37;--bad:#cf222e;--hint:#9a6700;--dot:#d1d9e0}',
    '@media(prefers-color-scheme:dark){:root{--window:#161b22;--text:#e6edf3;--quiet:#9198a1;--good:#3fb950;--bad:#f85149;--hint:#d29922;--dot:#3d444d}}',
    '.window{fill:var(--window)}.dot{fill:var(--dot)}',
    `text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre;fill:var(--text)}`,
    '.command{font-weight:bold}.remote{fill:var(--quiet)}.good{fill:var(--good)}.bad{fill:var(--bad)}.hint{fill:var(--hint)}',
    `.l,.screen{animation-duration:${total.toFixed(2)}s;animation-iteration-count:infinite;animation-timing-function:step-end}`,
    '@media(prefers-reduced-motion:reduce){.l{animation:none!important}}',
  ].join('\n');
}

/** A command appears letter by letter, all else at once. */
function appearance(line: Line, index: number, percent: (at: number) => string): string {
  if (!line.isCommand) {
    return `@keyframes l${index}{0%{visibility:hidden}${percent(line.at)}{visibility:visible}}.l${index}{animation-name:l${index}}`;
  }
  const typed = percent(line.at + typingSeconds(line.text));
  const steps = `animation-timing-function:steps(${line.text.length})`;
  return (
    `@keyframes l${index}{0%{clip-path:inset(0 100% 0 0)}${percent(line.at)}{clip-path:inset(0 100% 0 0);${steps}}` +
    `${typed}{clip-path:inset(0)}}.l${index}{animation-name:l${index}}`
  );
}

/** The newest line is the last one of the screen, once it is full. */
function scrolling(lines: readonly Line[], percent: (at: number) => string): string {
  const frames = lines.flatMap(({ at }, index) =>
    index < rows ? [] : [`${percent(at)}{transform:translateY(${(rows - index - 1) * lineHeight}px)}`],
  );
  const end = Math.min(0, (rows - lines.length) * lineHeight);
  return `@keyframes scroll{0%{transform:none}${frames.join('')}}.screen{transform:translateY(${end}px);animation-name:scroll}`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
