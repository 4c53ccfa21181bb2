import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { RigError } from '../../test/cluster/rig-error.ts';

const options = {
  once: { type: 'boolean', default: false },
  clean: { type: 'boolean', default: false },
  yes: { type: 'boolean', default: false },
  kubeconfig: { type: 'string' },
  values: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

export const help = `usage: ./quickstart [--once] [--kubeconfig FILE [--yes]] [--values FILE]
       ./quickstart --clean

Starts a Docker Engine, a registry and a Kubernetes cluster on this machine, installs Gitkube into it, and pushes an example
twice. The cluster stays, and the next run uses it.

  --once             exit when the second version answers, leave nothing behind
  --clean            remove what earlier runs left on this machine
  --kubeconfig FILE  use that cluster instead; this machine's Docker Engine (DOCKER_HOST) builds Gitkube's images and
                     pushes them to the registry GITKUBE_REGISTRY=host:port/path, which the cluster pulls from
  --yes              do not ask before using it
  --values FILE      more values for the chart, as for helm
`;

export interface Arguments {
  readonly once: boolean;
  readonly clean: boolean;
  readonly yes: boolean;
  readonly kubeconfig: string | undefined;
  readonly values: string | undefined;
  readonly help: boolean;
}

export function readArguments(args: readonly string[]): Arguments {
  const { kubeconfig, values, ...flags } = parse(args);
  if (flags.clean && (flags.once || kubeconfig !== undefined)) throw usage('--clean goes with no other option');
  if (flags.yes && kubeconfig === undefined) throw usage('--yes answers the question that --kubeconfig asks');
  for (const file of [kubeconfig, values]) {
    if (file !== undefined && !existsSync(file)) throw usage(`the file ${file} does not exist`);
  }
  return { ...flags, kubeconfig, values };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (thrown) {
    // parseArgs adds a lecture about `--` in a second sentence.
    const [reason = ''] = (thrown instanceof Error ? thrown.message : String(thrown)).split(/\. |\n/);
    throw usage(reason.charAt(0).toLowerCase() + reason.slice(1));
  }
}

function usage(message: string): RigError {
  return new RigError(message, { hint: ['./quickstart --help'] });
}
