import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.ts';

/** The paths of a certificate and of its key, PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface Certificates {
  /** Signs everything else: serving and client certificates alike. */
  readonly ca: KeyPair;
  readonly apiServer: KeyPair;
  /** With it the API server calls the kubelet for logs and exec. */
  readonly kubeletClient: KeyPair;
  /** Signs the tokens of service accounts. */
  readonly serviceAccounts: KeyPair;
  readonly admin: KeyPair;
  readonly controllerManager: KeyPair;
  readonly scheduler: KeyPair;
  readonly kubelet: KeyPair;
  readonly proxy: KeyPair;
}

/** Makes all certificates of a cluster with openssl, valid for a year. */
export async function makeCertificates(
  folder: string,
  nodeName: string,
  addresses: readonly string[],
): Promise<Certificates> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const ca = await makeCertificate(folder, 'ca', '/CN=gitkube-test', undefined, [
    'basicConstraints=critical,CA:TRUE',
    'keyUsage=critical,keyCertSign,cRLSign',
  ]);
  const names = ['DNS:localhost', 'DNS:kubernetes.default.svc', ...addresses.map((address) => `IP:${address}`)];
  const server = [`subjectAltName=${names.join(',')}`, 'extendedKeyUsage=serverAuth'];
  const client = ['extendedKeyUsage=clientAuth'];
  const make = (name: string, subject: string, extensions = client) =>
    makeCertificate(folder, name, subject, ca, extensions);
  const [apiServer, kubeletClient, serviceAccounts, admin, controllerManager, scheduler, kubelet, proxy] =
    await Promise.all([
      make('kube-apiserver', '/CN=kube-apiserver', server),
      make('kubelet-client', '/O=system:masters/CN=kube-apiserver-kubelet-client'),
      make('service-accounts', '/CN=service-accounts'),
      make('admin', '/O=system:masters/CN=admin'),
      make('kube-controller-manager', '/CN=system:kube-controller-manager'),
      make('kube-scheduler', '/CN=system:kube-scheduler'),
      make('kubelet', `/O=system:nodes/CN=system:node:${nodeName}`),
      make('kube-proxy', '/CN=system:kube-proxy'),
    ]);
  return { ca, apiServer, kubeletClient, serviceAccounts, admin, controllerManager, scheduler, kubelet, proxy };
}

/** @param ca unset: it signs itself */
export async function makeCertificate(
  folder: string,
  name: string,
  subject: string,
  ca: KeyPair | undefined,
  extensions: readonly string[],
): Promise<KeyPair> {
  const pair = { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
  // -batch -config /dev/null: what the system's openssl.cnf would add or ask has no part in it.
  await run('openssl', [
    ...['req', '-x509', '-config', '/dev/null', '-batch', '-sha256', '-days', '365', '-subj', subject],
    ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-keyout', pair.key, '-out', pair.cert],
    ...(ca === undefined ? [] : ['-CA', ca.cert, '-CAkey', ca.key]),
    ...extensions.flatMap((extension) => ['-addext', extension]),
  ]);
  return pair;
}

/** Writes a kubeconfig with everything in it, so that the file can be handed to any program on this machine. */
export async function writeKubeconfig(file: string, server: string, ca: string, pair: KeyPair): Promise<void> {
  const data = async (path: string) => (await readFile(path)).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'gitkube-test',
    contexts: [{ name: 'gitkube-test', context: { cluster: 'gitkube-test', user: 'gitkube-test' } }],
    clusters: [{ name: 'gitkube-test', cluster: { server, 'certificate-authority-data': await data(ca) } }],
    users: [
      {
        name: 'gitkube-test',
        user: { 'client-certificate-data': await data(pair.cert), 'client-key-data': await data(pair.key) },
      },
    ],
  };
  // JSON is YAML, too.
  await writeFile(file, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
}
