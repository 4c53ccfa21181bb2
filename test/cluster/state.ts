import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { withLock } from './lock.ts';
import { isAlive, type ProcessId } from './process-id.ts';
import { RigError } from './rig-error.ts';

/** What tests and people need in order to use a rig. */
export interface ClusterEnv {
  readonly stateDir: string;
  /** The path of a kubeconfig that may do everything. */
  readonly kubeconfig: string;
  /** The path of a kubectl that uses it. */
  readonly kubectl: string;
  /** The path of a Docker Engine's socket. */
  readonly engineSocket: string;
  /** host:port, without TLS and passwords, the same for engine, nodes, pods and host. */
  readonly registry: string;
  /** Node ports are served here. */
  readonly nodeAddress: string;
  /** The host as pods see it: a server that listens on this address can be called from the cluster. */
  readonly hostAddress: string;
  /** Busybox, present in the engine and in the registry: something to build FROM. */
  readonly baseImage: string;
}

/** The record of a rig in its state folder. */
export interface RigRecord {
  /** The rig is of no use any more when this process has ended. Without one it stays until `down`. */
  readonly owner?: ProcessId | undefined;
  /** The socket of the engine whose containers the cluster runs in, if it does. */
  readonly containersIn?: string;
  /** Present when the rig has come up. */
  readonly env?: ClusterEnv;
}

const recordName = 'rig.json';

/** Names the control groups of a rig, and the rig itself in the list of all rigs. */
export function rigName(stateDir: string): string {
  return `gitkube-${createHash('sha256').update(resolve(stateDir)).digest('hex').slice(0, 8)}`;
}

export function defaultStateDir(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_STATE_HOME || join(homedir(), '.local/state'), 'gitkube/cluster');
}

export function defaultCacheDir(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'gitkube');
}

export function readRecord(stateDir: string): RigRecord | undefined {
  const file = recordFile(stateDir);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

async function writeRecord(stateDir: string, record: RigRecord): Promise<void> {
  const file = recordFile(stateDir);
  // A reader sees the old or the new one, never a half.
  await writeFile(`${file}.new`, `${JSON.stringify(record, null, 2)}\n`);
  await rename(`${file}.new`, file);
}

export async function updateRecord(stateDir: string, changes: RigRecord): Promise<void> {
  await writeRecord(stateDir, { ...readRecord(stateDir), ...changes });
}

/** Makes the state folder of a new rig and enters it into the list of rigs of this machine. */
export async function createState(stateDir: string, cacheDir: string, owner: ProcessId): Promise<void> {
  if (existsSync(stateDir) && readdirSync(stateDir).length > 0) {
    throw new RigError(`${stateDir} holds something that is not a cluster's state`, {
      hint: ['name a folder that is empty or not there: --state DIR'],
    });
  }
  await mkdir(join(stateDir, 'logs'), { recursive: true });
  await writeRecord(stateDir, { owner });
  // Last, so that a reader of the list finds the owner.
  await mkdir(listDir(cacheDir), { recursive: true });
  await writeFile(listEntry(cacheDir, stateDir), JSON.stringify({ stateDir: resolve(stateDir) }));
}

/** Deletes the state folder, if it is one, and the entry in the list. */
export async function removeState(stateDir: string, cacheDir: string): Promise<void> {
  if (existsSync(recordFile(stateDir))) {
    // The record goes last: as long as anything is left, the folder is known as what it is.
    const others = readdirSync(stateDir).filter((name) => name !== recordName);
    for (const name of [...others, '.']) await rm(join(stateDir, name), { recursive: true, force: true });
  }
  await rm(listEntry(cacheDir, stateDir), { force: true });
}

/** Runs `work` while nobody else brings this rig up or down. */
export function withRigLock<T>(
  stateDir: string,
  cacheDir: string,
  work: () => Promise<T>,
  onWait?: () => void,
): Promise<T> {
  return withLock(join(listDir(cacheDir), `${rigName(stateDir)}.lock`), work, onWait);
}

/** The state folders of all rigs whose owner has ended without taking them down. */
export function abandonedRigs(cacheDir: string): string[] {
  if (!existsSync(listDir(cacheDir))) return [];
  const entries = readdirSync(listDir(cacheDir)).filter((name) => name.endsWith('.json'));
  const stateDirs = entries.map((name) => JSON.parse(readFileSync(join(listDir(cacheDir), name), 'utf8')).stateDir);
  return stateDirs.filter(isAbandoned);
}

export function isAbandoned(stateDir: string): boolean {
  const record = readRecord(stateDir);
  return record === undefined || (record.owner !== undefined && !isAlive(record.owner));
}

function recordFile(stateDir: string): string {
  return join(stateDir, recordName);
}

function listDir(cacheDir: string): string {
  return join(cacheDir, 'rigs');
}

function listEntry(cacheDir: string, stateDir: string): string {
  return join(listDir(cacheDir), `${rigName(stateDir)}.json`);
}
