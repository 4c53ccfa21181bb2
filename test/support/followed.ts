import { join } from 'node:path';
import { run } from './command.ts';
import { fencesOf } from './markdown.ts';

/** A block of commands of a document, with what it shows that they print; undefined: it shows nothing. */
export interface Step {
  readonly commands: string;
  readonly shown?: string | undefined;
  /** Where the document has it. */
  readonly line?: number | undefined;
}

/** Blocks ```sh with the block without a language that follows them before the next one. */
export function stepsOf(markdown: string): Step[] {
  const blocks = fencesOf(markdown);
  return blocks.flatMap(({ language, text, line }, index) => {
    if (language !== 'sh') return [];
    const next = blocks[index + 1];
    return [{ commands: text, shown: next?.language === '' ? next.text : undefined, line }];
  });
}

/** How this machine reaches registries of packages; nothing else of the environment of this process is there. */
const ofTheMachine = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];

/** Who types. */
export interface Place {
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Runs the commands in the folder in which the step before it ended. @returns the exit code, and both outputs */
export async function follow({ commands }: Step, { home, env }: Place): Promise<{ code: number; output: string }> {
  const at = join(home, '.at');
  const script = `exec 2>&1\ncd "$(cat '${at}' 2>/dev/null || echo '${home}')"\ntrap 'pwd > "${at}"' EXIT\nset -e\n${commands}`;
  const inherited = ofTheMachine.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []));
  const variables = [...inherited, ...Object.entries(env)].map(([name, value]) => `${name}=${value}`);
  return run('env', ['-i', ...variables, 'bash', '-c', script]);
}

/** Lines that one run has and the next one has not: what was waited for, steps of a build, and what npm and Node.js say. */
const passing = [
  / waiting for |^ *\w+: container \w+ is being created$|^To |^ +[0-9a-f]{7}\.\.|^ \+ [0-9a-f]{7}/,
  /\(cached\)$|^ +\[\d\/\d\]|^ +pushed \d+ of /,
  /^ +npm notice|^ +added \d+ packages|^ +at \S+ \(/,
];

/** Without what is another one in each run: ids, times, names of pods, and how long it took. */
export function steady(output: string): string {
  return output
    .split('\n')
    .map((line) => line.replace(/^remote: ?/, '').trimEnd())
    .filter((line) => line !== '' && !passing.some((pattern) => pattern.test(line)))
    .join('\n')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replace(/\b\d+(\.\d+)? ?m?s\b/g, '<time>')
    .replace(/\b[0-9a-f]{7,40}\b/g, '<id>')
    .replace(/(<id>|[a-z]+-[0-9a-f]+)-[a-z0-9]{5}\b/g, '<pod>')
    .replace(/ +/g, ' ');
}
