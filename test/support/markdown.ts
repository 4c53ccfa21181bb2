/** A block between ``` lines. */
export interface Fence {
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

export function fencesOf(markdown: string): Fence[] {
  return [...markdown.matchAll(/^( *)```(\w*)\n(.*?)^\1```$/gms)].map(({ index, 2: language = '', 3: text = '' }) => ({
    line: markdown.slice(0, index).split('\n').length,
    language,
    text,
  }));
}

/** Targets of links and images, outside of code. */
export function linksOf(markdown: string): string[] {
  const prose = markdown.replace(/^( *)```.*?^\1```$/gms, '').replace(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

/** The anchors that GitHub gives to headings. */
export function anchorsOf(markdown: string): Set<string> {
  const seen = new Map<string, number>();
  const prose = markdown.replace(/^( *)```.*?^\1```$/gms, '');
  const anchors = [...prose.matchAll(/^#{1,6} +(.+?) *$/gm)].map(([, title = '']) => {
    const words = title.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = words.replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-');
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
  return new Set(anchors);
}

/** Everything that is set as code: lines of blocks for a shell, and `inline`. */
export function codeOf(markdown: string): string[] {
  const blocks = fencesOf(markdown).filter(({ language }) => language !== 'yaml');
  const inline = markdown.replace(/^( *)```.*?^\1```$/gms, '').matchAll(/`([^`]+)`/g);
  const lines = blocks.flatMap(({ text }) => text.replace(/ *\\\n */g, ' ').split('\n'));
  return [...lines, ...[...inline].map(([, code = '']) => code.replace(/\s+/g, ' '))];
}
