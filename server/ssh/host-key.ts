import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import ssh2 from 'ssh2';
import { GitkubeError } from '../../base/errors.ts';
import { fingerprint } from '../../remote-crd/index.ts';
import { writeSynced } from '../synced-file.ts';

export interface HostKey {
  /** OpenSSH private key. */
  readonly privateKey: string;
  /** `SHA256:…`, for the log and the status. */
  readonly fingerprint: string;
  /** `ssh-ed25519 AAAA…`, as a line of known_hosts has it behind the host. */
  readonly publicLine: string;
}

/**
 * The ed25519 host key of this server: generated once, kept in the data folder, and never replaced silently, because a
 * changed host key locks every client out. ed25519 only: with an RSA key ssh2 offers SHA-1 signatures that no setting
 * turns off.
 * @throws HostKeyUnusable when the file exists and holds no ed25519 key
 */
export async function loadHostKey(path: string): Promise<HostKey> {
  const existing = await readHostKey(path);
  if (existing) return existing;
  const privateKey = generateHostKey();
  await store(path, privateKey).catch((error: NodeJS.ErrnoException) => {
    throw unwritable(path, error);
  });
  return parseHostKey(privateKey, (cause) => unusable(path, cause));
}

/**
 * The key in the data folder, if there is one.
 * @throws HostKeyUnusable
 */
export async function readHostKey(path: string): Promise<HostKey | undefined> {
  const existing = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error.code === 'ENOTDIR' ? unwritable(path, error) : unusable(path, error);
  });
  return existing === undefined ? undefined : parseHostKey(existing, (cause) => unusable(path, cause));
}

/**
 * ssh2 strips leading zeros of the public key, so that one of 256 of its ed25519 keys is malformed (ssh2 1.17.0,
 * lib/keygen.js): such a key is thrown away, and not found unreadable at the next line.
 */
export function generateHostKey(): string {
  for (;;) {
    const { private: privateKey } = ssh2.utils.generateKeyPairSync('ed25519');
    if (!(ssh2.utils.parseKey(privateKey) instanceof Error)) return privateKey;
  }
}

/** @param unusable makes the error that is thrown when this is no ed25519 private key */
export function parseHostKey(privateKey: string, unusable: (cause: unknown) => GitkubeError): HostKey {
  const key = ssh2.utils.parseKey(privateKey);
  if (key instanceof Error || Array.isArray(key) || key.type !== 'ssh-ed25519' || !key.isPrivateKey()) {
    throw unusable(key instanceof Error ? key : undefined);
  }
  const blob = key.getPublicSSH();
  return { privateKey, fingerprint: fingerprint(blob), publicLine: `ssh-ed25519 ${blob.toString('base64')}` };
}

async function store(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeSynced(path, content);
}

function unwritable(path: string, cause: NodeJS.ErrnoException): GitkubeError {
  return new GitkubeError('ConfigInvalid', `the data folder ${dirname(path)} cannot be written (${cause.code})`, {
    hint: 'GITKUBE_DATA or --data names it; it has to belong to the user that runs the server',
    cause,
  });
}

function unusable(path: string, cause: unknown): GitkubeError {
  return new GitkubeError('HostKeyUnusable', `${path} is no readable ed25519 host key`, {
    hint: 'restore it from a backup; remove it only if every client may be asked to trust a new host key',
    cause,
  });
}
