import type { ContainerStatus } from './pods.ts';

type Terminated = NonNullable<NonNullable<ContainerStatus['state']>['terminated']>;

const signals: Readonly<Record<number, string>> = {
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  15: 'SIGTERM',
};

/**
 * How a container ended, in words: `exited with code 1`, `was killed by signal 9 (SIGKILL)`.
 * @param after for how long it ran: ` after 3 s`
 */
export function exitMessage(terminated: Terminated | undefined, after = ''): string {
  const end = endOf(terminated);
  return end === success ? `${end}${after}, but it has to keep running` : `${end}${after}`;
}

const success = 'exited with code 0';

function endOf(terminated: Terminated | undefined): string {
  if (!terminated) return 'exited';
  const { exitCode, reason } = terminated;
  const signal = terminated.signal || (exitCode > 128 && exitCode < 160 ? exitCode - 128 : 0);
  if (reason === 'OOMKilled') return 'was killed (OOMKilled): it used more memory than its limit';
  if (signal) return `was killed by signal ${signal}${signals[signal] ? ` (${signals[signal]})` : ''}`;
  if (exitCode === 126) return 'exited with code 126 (its command cannot be executed)';
  if (exitCode === 127) return 'exited with code 127 (its command was not found)';
  return `exited with code ${exitCode}`;
}
