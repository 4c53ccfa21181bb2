import { stripTypeScriptTypes } from 'node:module';
import { type Comment, type Node, parse } from 'acorn';

/** A piece of text for people, with the line that it begins in. */
export interface Prose {
  readonly line: number;
  readonly text: string;
}

/** What people read of a file: comments and strings of a program, every line of anything else. */
export function proseOf(file: string, text: string): Prose[] {
  if (file.endsWith('.ts')) return proseOfProgram(text);
  return text.split('\n').map((line, index) => ({ line: index + 1, text: line }));
}

function proseOfProgram(text: string): Prose[] {
  const onComment: Comment[] = [];
  // The types become blanks, so that lines stay where they are.
  const program = stripTypeScriptTypes(text, { mode: 'strip' });
  const found = commentsOfTypes(text, program);
  const tree = parse(program, { ecmaVersion: 'latest', sourceType: 'module', locations: true, onComment });
  for (const { value, loc } of onComment)
    found.push({ line: loc?.start.line ?? 0, text: value.replace(/\n\s*\*/g, ' ') });
  visit(tree, (node) => {
    const words = wordsOf(node);
    if (words !== undefined) found.push({ line: node.loc?.start.line ?? 0, text: words });
  });
  return found;
}

/** A comment inside of a type becomes blank with it. */
function commentsOfTypes(text: string, program: string): Prose[] {
  const types = program
    .split('')
    .map((char, at) => (char === text[at] && char !== '\n' ? ' ' : text[at]))
    .join('');
  return [...types.matchAll(/\/\*.*?\*\/|\/\/[^\n]*/gs)].map((comment) => ({
    line: types.slice(0, comment.index).split('\n').length,
    text: comment[0].replace(/\n\s*\*?\s*/g, ' '),
  }));
}

function wordsOf(node: Node): string | undefined {
  const { type, value } = node as Node & { readonly value?: unknown };
  if (type === 'Literal' && typeof value === 'string') return value;
  if (type === 'TemplateElement') return (value as { readonly cooked?: string }).cooked ?? '';
  return undefined;
}

function visit(node: Node, look: (node: Node) => void): void {
  look(node);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type === 'string') visit(child as Node, look);
    }
  }
}
