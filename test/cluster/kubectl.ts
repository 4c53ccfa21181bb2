import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Writes a kubectl into the state folder that uses the cluster there, whatever KUBECONFIG says. */
export async function writeKubectl(stateDir: string, command: readonly string[], kubeconfig: string): Promise<string> {
  const file = join(stateDir, 'bin/kubectl');
  await mkdir(join(stateDir, 'bin'), { recursive: true });
  const words = command.map(quote).join(' ');
  const script = `#!/bin/sh\nexport KUBECONFIG=${quote(kubeconfig)}\nexec ${words} "$@"\n`;
  await writeFile(file, script, { mode: 0o755 });
  return file;
}

/** One word for a POSIX shell. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
