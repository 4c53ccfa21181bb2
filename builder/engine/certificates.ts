import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GitkubeError } from '../../base/errors.ts';
import type { EngineAddress } from './connection.ts';

/**
 * The PEM files that `tcp://` is spoken over TLS with, named as the Docker CLI names them in DOCKER_CERT_PATH.
 * @throws ConfigInvalid that names the file
 */
export async function readCertificates(folder: string): Promise<NonNullable<EngineAddress['tls']>> {
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readPem(join(folder, name))),
  );
  return { ca: `${ca}`, cert: `${cert}`, key: `${key}` };
}

async function readPem(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw unusable(file, cause.code === 'ENOENT' ? 'does not exist' : `cannot be read (${cause.code})`);
  });
  if (!text.includes('-----BEGIN ')) throw unusable(file, 'holds no PEM');
  return text;
}

function unusable(file: string, why: string): GitkubeError {
  return new GitkubeError('ConfigInvalid', `the certificate file ${file} of the Docker Engine ${why}`, {
    hint: 'GITKUBE_ENGINE_CERTIFICATES names a folder with ca.pem, cert.pem and key.pem',
  });
}
