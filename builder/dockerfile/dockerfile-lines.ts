/** One instruction of a Dockerfile, its continued lines joined by single spaces. */
export interface Instruction {
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

/** What stands where in a Dockerfile; the lines of a here-document count as instructions, which does no harm here. */
export function instructions(dockerfile: string): Instruction[] {
  const found: Instruction[] = [];
  let open: Instruction | undefined;
  for (const [index, raw] of dockerfile.split(/\r?\n/).entries()) {
    const text = raw.trim();
    if (text === '' || text.startsWith('#')) continue;
    const continues = text.endsWith('\\');
    const own = (continues ? text.slice(0, -1) : text).trim().replace(/\s+/g, ' ');
    const joined: Instruction = { line: open?.line ?? index + 1, text: open ? `${open.text} ${own}` : own };
    open = continues ? joined : undefined;
    if (!continues) found.push(joined);
  }
  return open ? [...found, open] : found;
}

/**
 * The line of what an engine calls a step: `[build 2/4] RUN make`, cut or not. Undefined where no line is this step, as with a
 * variable that the engine has replaced, or where several are.
 */
export function lineOfStep(dockerfile: string, step: string): number | undefined {
  const words = step
    .replace(/^\[[^\]]*\] /, '')
    .replace(/…$/, '')
    .replace(/(<<-?\S+) \(.*$/, '$1')
    .toLowerCase();
  const lines = instructions(dockerfile).filter(({ text }) => text.toLowerCase().startsWith(words));
  return words === '' || lines.length !== 1 ? undefined : lines[0]?.line;
}

/** The line with `FROM` an image, by its full name. */
export function lineOfBase(dockerfile: string, image: string): number | undefined {
  const isBase = ({ text }: Instruction) =>
    /^from /i.test(text) && text.split(' ').some((word) => shortName(word) === shortName(image));
  return instructions(dockerfile).find(isBase)?.line;
}

function shortName(image: string): string {
  return image.replace(/^docker\.io\/(?:library\/)?/, '').replace(/:latest$/, '');
}

/** The names of its stages. */
export function stagesOf(dockerfile: string): string[] {
  return instructions(dockerfile).flatMap(({ text }) => /^from .* as (\S+)$/i.exec(text)?.[1] ?? []);
}
