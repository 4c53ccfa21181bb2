import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';

/** A line of the screen. */
export interface Line {
  /** When it shows, in seconds of the session; a command is typed from then on. */
  readonly at: number;
  readonly text: string;
  readonly isCommand: boolean;
}

const pauseSeconds = 1.2;
/** A wait without output is shown for no longer than this. */
const longestIdle = 2;
const keysPerSecond = 30;

/** Runs the commands one after the other, and keeps what they print, when they print it. */
export async function record(
  commands: readonly string[],
  place: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<readonly Line[]> {
  const lines: Line[] = [];
  let at = 0.5;
  for (const text of commands) {
    lines.push({ at, text: `$ ${text}`, isCommand: true });
    at += typingSeconds(text);
    let last = 0;
    for (const { seconds, text: printed } of await printedBy(text, place)) {
      at += Math.min(seconds - last, longestIdle);
      last = seconds;
      lines.push({ at, text: printed, isCommand: false });
    }
    at += pauseSeconds;
  }
  return lines;
}

export function typingSeconds(command: string): number {
  return command.length / keysPerSecond;
}

/** Both outputs in one pipe: their order is that of a terminal. */
function printedBy(
  command: string,
  { cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<{ seconds: number; text: string }[]> {
  const began = performance.now();
  const child = spawn('bash', ['-c', `exec 2>&1; ${command}`], { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: { seconds: number; text: string }[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const [...whole] = (rest + chunk).split('\n');
    rest = whole.pop() ?? '';
    const seconds = (performance.now() - began) / 1000;
    lines.push(...whole.map((text) => ({ seconds, text: stripVTControlCharacters(text).trimEnd() })));
  });
  return new Promise((resolve, reject) => child.on('error', reject).on('close', () => resolve(lines)));
}
