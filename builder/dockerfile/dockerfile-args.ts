/**
 * The names that a Dockerfile declares with ARG, anywhere in it: before the first FROM, in any stage, behind ONBUILD. Read
 * as BuildKit's parser does (frontend/dockerfile/parser): parser directive `escape`, continued lines with comments and
 * empty lines among them, here-documents, several names in one ARG, quotes.
 */
export function declaredArgs(dockerfile: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { name, words } of instructions(dockerfile)) {
    if (name !== 'ARG') continue;
    for (const word of words) names.add(unquoted(word).split('=')[0] ?? '');
  }
  return names;
}

interface Instruction {
  /** In upper case; what ONBUILD holds back counts as itself. */
  readonly name: string;
  readonly words: readonly string[];
}

const withHereDocuments = new Set(['RUN', 'COPY', 'ADD']);

function* instructions(dockerfile: string): Generator<Instruction> {
  const lines = dockerfile.replace(/^\ufeff/, '').split(/\r?\n/);
  const mark = escapeOf(lines);
  for (let at = 0; at < lines.length; ) {
    const { text, next } = logicalLine(lines, at, mark);
    at = next;
    const instruction = parse(text, mark);
    if (withHereDocuments.has(instruction.name)) at = behindHereDocuments(lines, at, instruction.words);
    yield instruction;
  }
}

/** Directives end at the first line that is none. */
function escapeOf(lines: readonly string[]): string {
  for (const line of lines) {
    const [, key = '', value = ''] = /^\s*#\s*([a-z][a-z0-9]*)\s*=(.*)$/i.exec(line) ?? [];
    if (key === '') break;
    if (key.toLowerCase() === 'escape' && value.trim() === '`') return '`';
  }
  return '\\';
}

/** The line at `start` with those that continue it. */
function logicalLine(lines: readonly string[], start: number, mark: string): { text: string; next: number } {
  let text = '';
  let at = start;
  for (let goesOn = true; goesOn && at < lines.length; at++) {
    const line = lines[at] ?? '';
    const isNothing = /^\s*(?:#|$)/.test(line);
    if (isNothing && at > start) continue;
    if (isNothing) return { text: '', next: at + 1 };
    const trimmed = line.trimEnd();
    // An escaped mark character at the end continues nothing.
    goesOn = trimmed.endsWith(mark) && !trimmed.endsWith(mark + mark);
    text += goesOn ? trimmed.slice(0, -1) : line;
  }
  return { text, next: at };
}

function parse(text: string, mark: string): Instruction {
  const [first = '', ...words] = splitWords(text, mark);
  const name = first.toUpperCase();
  return name === 'ONBUILD' ? { name: words[0]?.toUpperCase() ?? '', words: words.slice(1) } : { name, words };
}

/** At blanks outside of quotes. */
function splitWords(text: string, mark: string): string[] {
  const words: string[] = [];
  let word = '';
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (quote === '' && /\s/.test(char)) {
      if (word !== '') words.push(word);
      word = '';
      continue;
    }
    word += char;
    if (char === mark && quote !== "'") word += text[++at] ?? '';
    else if (char === quote) quote = '';
    else if (quote === '' && (char === '"' || char === "'")) quote = char;
  }
  return word === '' ? words : [...words, word];
}

function unquoted(word: string): string {
  return word.replace(/["']/g, '');
}

/** The index of the first line behind the here-documents of an instruction. */
function behindHereDocuments(lines: readonly string[], start: number, words: readonly string[]): number {
  let at = start;
  for (const word of words) {
    const [, chomp, marker = ''] = /^\d*<<(-?)([^<]+)$/.exec(word) ?? [];
    const end = unquoted(marker);
    if (end === '') continue;
    while (at < lines.length && (chomp ? lines[at]?.replace(/^\t+/, '') : lines[at]) !== end) at++;
    at++;
  }
  return at;
}
