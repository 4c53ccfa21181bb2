import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { busyboxProgram } from './base-image.ts';
import { withLock } from './lock.ts';
import type { Progress } from './progress.ts';
import { RigError } from './rig-error.ts';
import { runToEnd } from './run.ts';

/** A Debian package, and the file that shows that what we need of it is there. */
interface Need {
  readonly package: string;
  /** A program on the PATH, or an absolute path. */
  readonly file: string;
}

export const needs = {
  unshare: { package: 'util-linux', file: 'unshare' },
  nsenter: { package: 'util-linux', file: 'nsenter' },
  ip: { package: 'iproute2', file: 'ip' },
  iptables: { package: 'iptables', file: 'iptables' },
  openssl: { package: 'openssl', file: 'openssl' },
  engine: { package: 'docker.io', file: 'dockerd' },
  containerd: { package: 'containerd', file: 'containerd' },
  runc: { package: 'runc', file: 'runc' },
  podNetwork: { package: 'containernetworking-plugins', file: '/usr/lib/cni/ptp' },
  busybox: { package: 'busybox-static', file: busyboxProgram },
  registry: { package: 'docker-registry', file: 'docker-registry' },
} as const satisfies Record<string, Need>;

const systemPath = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Installs what is missing, on Debian as root; anywhere else says what to install. */
export async function ensurePackages(wanted: readonly Need[], cacheDir: string, progress: Progress): Promise<void> {
  if (missing(wanted).length === 0) return;
  if (!mayInstall()) {
    throw new RigError(
      `these programs are missing: ${missing(wanted)
        .map(({ file }) => file)
        .join(', ')}`,
      {
        hint: [`on Debian: apt-get install --no-install-recommends ${packageNames(missing(wanted)).join(' ')}`],
      },
    );
  }
  await withLock(
    join(cacheDir, 'packages.lock'),
    async () => {
      const names = packageNames(missing(wanted));
      if (names.length === 0) return;
      progress.line(`installing ${names.join(' ')} from the package sources of this machine`);
      await progress.step('packages', () => install(names));
    },
    () => progress.line('waiting for another run that installs packages'),
  );
}

/** On Debian as root. */
export function mayInstall(): boolean {
  return process.getuid?.() === 0 && findProgram('apt-get') !== undefined;
}

/** The path of a program, looked for where daemons will find it. */
export function findProgram(file: string): string | undefined {
  if (file.startsWith('/')) return existsSync(file) ? file : undefined;
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...systemPath];
  return folders.map((folder) => join(folder, file)).find(isExecutable);
}

function missing(wanted: readonly Need[]): Need[] {
  return wanted.filter(({ file }) => findProgram(file) === undefined);
}

function packageNames(wanted: readonly Need[]): string[] {
  return [...new Set(wanted.map((need) => need.package))];
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

// Packages with a daemon start it when they are installed, unless policy-rc.d forbids; see invoke-rc.d(8). A policy that
// the machine already has stays as it is.
const installer = `
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' INT TERM HUP
  printf '#!/bin/sh\\nexit 101\\n' >"$policy" && chmod +x "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
install() { apt-get install --yes --quiet --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"; }
install "$@" || { apt-get update --quiet && install "$@"; }`;

async function install(names: readonly string[]): Promise<void> {
  const { code, lastLines } = await runToEnd('sh', ['-c', installer, 'install', ...names]);
  if (code === 0) return;
  throw new RigError(`apt-get cannot install ${names.join(' ')}`, { evidence: lastLines.slice(-6) });
}
