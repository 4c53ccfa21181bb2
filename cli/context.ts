import type { Command } from 'commander';
import { type Clock, systemClock } from '../base/clock.ts';
import type { KubeAdmin } from '../kube/index.ts';
import type { Io } from './io.ts';

/** The flags that every command has. */
export interface GlobalFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  /** What hasura/gitkube called --context. */
  readonly kubeContext?: string;
  readonly namespace?: string;
}

/** What commands are made of. */
export interface CliContext {
  readonly io: Io;
  readonly clock: Clock;
  /** The cluster that the flags of this command name. */
  connect(command: Command): Promise<KubeAdmin>;
  /** What a command found, when that is no error of its own; 0 unless set. */
  exitCode: number;
  /** When the command fails; 1 unless set. */
  failCode: number;
}

export interface CliRun extends CliContext, Disposable {}

export function createContext(io: Io): CliRun {
  const open = new Map<string, KubeAdmin>();
  return {
    io,
    clock: systemClock,
    exitCode: 0,
    failCode: 1,
    async connect(command) {
      // Half a second that help and version need not wait for.
      const { createAdmin } = await import('../kube/index.ts');
      const { kubeconfig, context } = clusterFlags(command);
      const key = JSON.stringify([kubeconfig, context]);
      const admin = open.get(key) ?? createAdmin({ kubeconfig, context, clock: systemClock });
      open.set(key, admin);
      return admin;
    },
    [Symbol.dispose]() {
      for (const admin of open.values()) admin.close();
    },
  };
}

export function clusterFlags(command: Command): { kubeconfig: string | undefined; context: string | undefined } {
  const { kubeconfig, context, kubeContext } = command.optsWithGlobals<GlobalFlags>();
  return { kubeconfig, context: context ?? kubeContext };
}

/** -n, else the namespace of the kubeconfig's context, as kubectl chooses. */
export function namespaceOf(command: Command, admin: KubeAdmin): string {
  return command.optsWithGlobals<GlobalFlags>().namespace ?? admin.namespace;
}
