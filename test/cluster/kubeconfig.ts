import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';

interface KubeconfigFile {
  readonly clusters: readonly [{ cluster: { server: string; 'certificate-authority-data': string } }];
  readonly users: readonly [{ user: { 'client-certificate-data': string; 'client-key-data': string } }];
}

/** Where the API server is, and what to show it; from a file with one cluster, and one user who has a certificate. */
export function readKubeconfig(file: string): { server: string; ca: Buffer; cert: Buffer; key: Buffer } {
  const { clusters, users } = load(readFileSync(file, 'utf8')) as KubeconfigFile;
  const { server, 'certificate-authority-data': ca } = clusters[0].cluster;
  const { 'client-certificate-data': cert, 'client-key-data': key } = users[0].user;
  const decode = (data: string) => Buffer.from(data, 'base64');
  return { server, ca: decode(ca), cert: decode(cert), key: decode(key) };
}
