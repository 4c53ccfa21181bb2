import { z } from 'zod';
import { GitkubeError } from '../base/errors.ts';
import {
  address,
  bytes,
  days,
  httpsUrl,
  issuer,
  list,
  listOrNone,
  namespace,
  object,
  onOrOff,
  positive,
  proxyList,
  reachable,
  registry,
  registryHost,
  roomyBytes,
  seconds,
  secondsOrNever,
  wholeNumber,
} from './config-values.ts';

/** Every setting of the server, by the name of its environment variable. */
const Settings = z.object({
  GITKUBE_DATA: z.string().min(1).default('/var/lib/gitkube').describe('folder with repositories and host key'),
  GITKUBE_SSH_LISTEN: address.default('0.0.0.0:2222').describe('where the SSH server listens; port 0 chooses one'),
  GITKUBE_HTTP_LISTEN: address.optional().describe('where probes and metrics are served, host:port; unset: nowhere'),
  GITKUBE_GIT_HTTPS_LISTEN: address.optional().describe('where git is served over HTTPS, host:port; unset: nowhere'),
  GITKUBE_GIT_HTTPS_CERTIFICATE: z
    .string()
    .min(1)
    .optional()
    .describe('folder with tls.crt and tls.key, read again when they change; unset: plain HTTP, behind a proxy'),
  GITKUBE_GIT_HTTPS_PROXIES: proxyList
    .optional()
    .describe(
      'addresses and networks of proxies in front, separated by commas: without a certificate nobody else is served, and what they say of a client is believed',
    ),
  GITKUBE_TRUSTED_ISSUERS: listOrNone
    .pipe(z.array(issuer))
    .prefault('https://token.actions.githubusercontent.com,https://gitlab.com')
    .describe(
      'issuers whose tokens Remotes may trust (spec.trust), as the claim iss has them, separated by commas, or none: the server fetches their keys once a Remote names one',
    ),
  GITKUBE_SERVICE_ACCOUNT_TOKENS: onOrOff
    .default('off')
    .describe('whether Remotes may trust ServiceAccounts (spec.trust): the API server is asked whose token it is'),
  GITKUBE_GIT_HTTPS_URL: httpsUrl
    .optional()
    .describe('https://host[:port] in the URLs of git over HTTPS that are shown to users; unset: none is shown'),
  GITKUBE_PUBLIC_ADDRESS: reachable.optional().describe('host:port in the URLs shown to users'),
  GITKUBE_HOST_KEY_SECRET: object
    .optional()
    .describe(
      'Secret of the SSH host key, <namespace>/<name>, created when it does not exist; unset: a file in GITKUBE_DATA',
    ),
  GITKUBE_SERVICE: object
    .optional()
    .describe(
      'Service of the SSH port, <namespace>/<name>, whose address is shown to users unless GITKUBE_PUBLIC_ADDRESS is set',
    ),
  GITKUBE_KUBECONFIG: z.string().optional().describe('kubeconfig file; unset: KUBECONFIG, or the account of the pod'),
  GITKUBE_KUBE_CONTEXT: z.string().optional().describe('context of the kubeconfig; unset: the current one'),
  GITKUBE_ENGINE: z.string().default('unix:///var/run/docker.sock').describe('address of the Docker Engine API'),
  GITKUBE_ENGINE_CERTIFICATES: z
    .string()
    .optional()
    .describe('folder with ca.pem, cert.pem and key.pem, for TLS to a tcp:// engine'),
  GITKUBE_BUILD_NETWORK: z.string().optional().describe('network of RUN steps: default, none or host'),
  GITKUBE_REGISTRY: registry.optional().describe('registry of Remotes that name none, host[:port][/path]'),
  GITKUBE_REGISTRY_FORWARD: reachable
    .optional()
    .describe('host:port of the registry behind GITKUBE_REGISTRY=localhost:<port>, which the server forwards to it'),
  GITKUBE_NAMESPACES: list
    .pipe(z.array(namespace))
    .prefault('')
    .describe('namespaces whose Remotes are served, separated by commas; unset: all'),
  GITKUBE_SERVER_NAME: z
    .string()
    .regex(/^[A-Za-z0-9]([-A-Za-z0-9_./:]{0,199})$/, 'expected letters, digits, and - _ . / : after the first')
    .optional()
    .describe('name of this server in the cluster, kept over restarts; unset: generated once, in GITKUBE_DATA'),
  GITKUBE_INSECURE_REGISTRIES: list
    .pipe(z.array(registryHost))
    .prefault('')
    .describe('registries and token services to use without TLS, host[:port], separated by commas'),
  GITKUBE_SUBMODULE_HOSTS: list
    .pipe(z.array(registryHost))
    .prefault('')
    .describe(
      'hosts from which submodules of a commit are fetched for its build, host[:port], separated by commas; unset: none, and their folders stay empty',
    ),
  GITKUBE_PROVENANCE: onOrOff
    .default('on')
    .describe('whether what an image was built of is stored beside it in the registry, as a SLSA provenance statement'),
  GITKUBE_SIGNING_KEY: z
    .string()
    .min(1)
    .optional()
    .describe('file with the private key, ECDSA P-256 in PEM, that signs these statements; unset: they are not signed'),
  GITKUBE_HELM: z.string().min(1).default('helm').describe('the program that renders Helm charts'),
  GITKUBE_KUBECTL: z.string().min(1).default('kubectl').describe('the program that renders kustomizations'),
  GITKUBE_ENV: onOrOff
    .default('off')
    .describe(
      'whether ssh … env may change the Secret or ConfigMap that a Remote names; env.enabled of the chart sets it and gives the rights, which this alone does not',
    ),
  GITKUBE_TASKS: onOrOff
    .default('off')
    .describe(
      'whether the tasks of Remotes run, as Jobs; tasks.enabled of the chart sets it and gives the rights, which this alone does not',
    ),
  GITKUBE_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'], 'expected trace, debug, info, warn, error or silent')
    .default('info')
    .describe('log level'),
  GITKUBE_DOCS_URL: z
    .url({ protocol: /^https?$/, error: 'expected an http or https URL' })
    .optional()
    .describe('address of docs/errors.md, to which the failure of a push links by its reason; unset: no link'),
  GITKUBE_SHUTDOWN_GRACE_SECONDS: seconds
    .default(25)
    .describe(
      'time after SIGTERM to finish the rollouts under way, or to roll them back; the chart sets it to terminationGracePeriodSeconds less 5, which is 355',
    ),
  GITKUBE_MAX_PUSHES: positive.default(16).describe('pushes under way at the same time'),
  GITKUBE_MAX_BUILDS: positive.default(4).describe('image builds at the same time'),
  GITKUBE_MAX_PACK_BYTES: roomyBytes.default(2 * 1024 ** 3).describe('bytes of one received pack'),
  GITKUBE_MAX_REPOSITORY_BYTES: roomyBytes.default(5 * 1024 ** 3).describe('bytes of all objects of one Remote'),
  GITKUBE_MIN_FREE_BYTES: bytes
    .default(100 * 1024 ** 2)
    .describe('bytes that have to be free in the data folder for a push to begin'),
  // git needs 12 MB for a push of small files.
  GITKUBE_MAX_GIT_MEMORY_BYTES: wholeNumber(32 * 1024 ** 2, 'bytes')
    .default(512 * 1024 ** 2)
    .describe(
      'bytes of memory of each git process that takes a push, 32 MiB or more; a large file that changed needs two to three times its size',
    ),
  GITKUBE_RECEIVE_TIMEOUT_SECONDS: seconds.default(3600).describe('time that a client may take to send its push'),
  GITKUBE_FETCH_TIMEOUT_SECONDS: seconds.default(3600).describe('time that a client may take to fetch or clone'),
  GITKUBE_MAX_CONTEXT_BYTES: roomyBytes.default(2 * 1024 ** 3).describe('bytes of one build context'),
  GITKUBE_BUILD_TIMEOUT_SECONDS: seconds.default(1800).describe('time limit of one build'),
  GITKUBE_IMAGE_PUSH_TIMEOUT_SECONDS: seconds
    .default(3600)
    .describe('time limit of the push of one image to the registry'),
  GITKUBE_ENGINE_SILENCE_SECONDS: seconds
    .default(60)
    .describe('seconds that the engine may answer nothing while it builds; a step that prints nothing is no silence'),
  GITKUBE_IMAGE_PUSH_STALL_SECONDS: seconds
    .default(60)
    .describe('time without progress after which the push of an image fails'),
  GITKUBE_RECONCILE_SECONDS: secondsOrNever.default(300).describe('time between two drift checks; 0: never'),
  GITKUBE_RUN: onOrOff
    .default('off')
    .describe(
      'whether ssh … run may create pods; run.enabled of the chart sets it and gives the rights, which this alone does not',
    ),
  GITKUBE_TRASH_DAYS: days
    .default(7)
    .describe('days that the repository of a deleted Remote is kept in the trash folder'),
  GITKUBE_UPKEEP_SECONDS: secondsOrNever.default(3600).describe('time between two rounds of git gc; 0: never'),
  GITKUBE_LOGIN_GRACE_SECONDS: seconds.default(60).describe('time limit of an SSH login'),
  GITKUBE_MAX_CONNECTIONS: positive
    .default(500)
    .describe('open SSH connections; the pushes of one namespace may hold half of them'),
  GITKUBE_MAX_CONNECTIONS_PER_KEY: positive
    .default(100)
    .describe('open SSH connections of one key, and sessions on all of them'),
});

export type Config = z.infer<typeof Settings>;

/**
 * @param env usually process.env; the only place that reads it is cli/
 * @throws ConfigInvalid that names each bad setting and its value
 */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const result = Settings.safeParse(given);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    return `${name}=${given[name] ?? ''}: ${issue.message}`;
  });
  throw new GitkubeError('ConfigInvalid', `invalid settings: ${problems.join('; ')}`, {
    hint: 'gitkube serve --help lists every setting',
  });
}

/** Variables that look like settings and are none. Kubernetes makes some of a Service that is called gitkube. */
export function unknownSettings(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(env).filter(
    (name) =>
      name.startsWith('GITKUBE_') &&
      !Object.hasOwn(Settings.shape, name) &&
      name !== 'GITKUBE_DEBUG' &&
      !/_(PORT|SERVICE_HOST|SERVICE_PORT)(_|$)/.test(name),
  );
}

/** For `gitkube serve --help`. */
export function describeSettings(): readonly { name: string; about: string; fallback: string }[] {
  const defaults = Settings.parse({});
  return Object.entries(Settings.shape).map(([name, schema]) => ({
    name,
    about: describe(schema),
    fallback: String(defaults[name as keyof Config] ?? ''),
  }));
}

function describe(schema: z.ZodType): string {
  return schema.description ?? '';
}
