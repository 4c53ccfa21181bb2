import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from '../cluster/certificates.ts';
import { eventually } from './eventually.ts';
import { mustKubectl } from './kubectl.ts';
import { rig } from './rig.ts';

/** A Docker Engine in a namespace of its own, behind TLS: somebody else's, as far as a server is concerned. */
export class EnginePod implements AsyncDisposable {
  readonly url: string;
  readonly #namespace: string;
  readonly #folder: string;

  private constructor(url: string, namespace: string, folder: string) {
    this.url = url;
    this.#namespace = namespace;
    this.#folder = folder;
  }

  /** @param image of a Docker Engine */
  static async start(image: string): Promise<EnginePod> {
    const namespace = `test-engine-${randomBytes(3).toString('hex')}`;
    const inIt = (...args: string[]) => mustKubectl(['-n', namespace, ...args]);
    await mustKubectl(['create', 'namespace', namespace]);
    await inIt('label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=privileged');
    await inIt('create', 'service', 'clusterip', 'engine', '--tcp=2376:2376');
    const address = await inIt('get', 'service', 'engine', '-o', 'jsonpath={.spec.clusterIP}');
    const folder = await mkdtemp(join(tmpdir(), 'gitkube-engine-'));
    await makeCertificates(folder, address);
    const files = ['ca.crt', 'server.crt', 'server.key'].map((file) => `--from-file=${join(folder, file)}`);
    await inIt('create', 'secret', 'generic', 'certificates', ...files);
    // Kubernetes makes it a moment after the namespace, and takes no pod without it.
    await eventually(() => inIt('get', 'serviceaccount', 'default'));
    await mustKubectl(['-n', namespace, 'create', '-f', '-'], enginePod(image));
    await inIt('wait', '--for=condition=Ready', 'pod/engine', '--timeout=240s');
    return new EnginePod(`tcp://${address}:2376`, namespace, folder);
  }

  /**
   * Makes the Secret that the chart wants.
   * @param client `client`, whom the engine knows, or `stranger`
   */
  async writeSecret(namespace: string, name: string, client: 'client' | 'stranger'): Promise<void> {
    const read = (file: string) => readFile(join(this.#folder, file), 'utf8');
    const stringData = {
      'ca.crt': await read('ca.crt'),
      'tls.crt': await read(`${client}.crt`),
      'tls.key': await read(`${client}.key`),
    };
    await mustKubectl(['-n', namespace, 'apply', '-f', '-'], {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name },
      stringData,
    });
  }

  /** `docker system df` */
  diskUse(): Promise<string> {
    return mustKubectl(['-n', this.#namespace, 'exec', 'engine', '--', 'docker', '-H', localSocket, 'system', 'df']);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await mustKubectl(['delete', 'namespace', this.#namespace, '--wait=false']);
    await rm(this.#folder, { recursive: true, force: true });
  }
}

const localSocket = 'unix:///run/docker-local.sock';

async function makeCertificates(folder: string, address: string): Promise<void> {
  const ca = await makeCertificate(folder, 'ca', '/CN=engine', undefined, ['basicConstraints=critical,CA:TRUE']);
  const client = ['extendedKeyUsage=clientAuth'];
  await makeCertificate(folder, 'server', '/CN=engine', ca, [`subjectAltName=IP:${address}`]);
  await makeCertificate(folder, 'client', '/CN=gitkube', ca, client);
  await makeCertificate(folder, 'stranger', '/CN=gitkube', undefined, client);
}

function enginePod(image: string): object {
  const tls = ['--tlsverify', '--tlscacert=/tls/ca.crt', '--tlscert=/tls/server.crt', '--tlskey=/tls/server.key'];
  // What the cluster under test needs: the engine of the chart has the same.
  const confined = ['--bridge=none', '--iptables=false', '--oom-score-adjust=0'];
  const registries = [rig().registry, `http://${rig().registry}`].map((name) => `--insecure-registry=${name}`);
  const container = {
    name: 'engine',
    image,
    args: ['dockerd', '--host=tcp://0.0.0.0:2376', `--host=${localSocket}`, ...tls, ...confined, ...registries],
    securityContext: { privileged: true },
    readinessProbe: { exec: { command: ['docker', '-H', localSocket, 'version'] }, periodSeconds: 1 },
    volumeMounts: [
      { name: 'tls', mountPath: '/tls', readOnly: true },
      { name: 'data', mountPath: '/var/lib/docker' },
    ],
  };
  const volumes = [
    { name: 'tls', secret: { secretName: 'certificates' } },
    { name: 'data', emptyDir: {} },
  ];
  const metadata = { name: 'engine', labels: { app: 'engine' } };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [container], volumes } };
}
