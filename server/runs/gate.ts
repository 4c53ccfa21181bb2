import { asGitkubeError } from '../../base/errors.ts';
import type { CommandWord } from '../../deployer/index.ts';

/**
 * What a container prints before somebody is attached to it is read by nobody, and the kubelet attaches to what runs already.
 * So a shell waits for a line of input, which can come through the attached connection alone, and becomes the command: same
 * process, same exit code. `read` takes no byte behind that line, and its variable is one that no environment has: what is in the
 * environment it would change there.
 * @param dotted variables whose names that shell would drop (dash, ash): `env` has them again, and then becomes the command
 */
export function gated(command: readonly string[], dotted: readonly string[]): CommandWord[] {
  const again: CommandWord[] = dotted.length > 0 ? ['env', '--', ...dotted.map((variable) => ({ variable }))] : [];
  return ['sh', '-c', 'read -r gitkube_gate && exec "$@"', 'sh', ...again, ...command];
}

/** What opens the gate. */
export const open = Buffer.from('\n');

/** A terminal shows it: the first that comes of one. */
export const echoOfOpen = Buffer.from('\r\n');

/** Whether a container could not be started because its image has no shell: then nothing of the command was done. */
export function isWithoutShell(thrown: unknown): boolean {
  const { reason, message } = asGitkubeError(thrown);
  // runc, and crun.
  return reason === 'ContainerConfigError' && /exec: "sh": |executable file [`'"]sh[`'"] not found/.test(message);
}
