import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import {
  createRegistryClient,
  createSecret,
  credentialsFromSecret,
  mayPush,
  probePush,
  type RegistryClient,
  registryAddress,
} from '../../builder/index.ts';
import type { KubeAdmin } from '../../kube/index.ts';
import { remoteNotFound } from '../../kube/remote-admin.ts';
import { parseRemote, type RegistrySpec, type Remote } from '../../remote-crd/index.ts';
import type { Config } from '../../server/config.ts';
import { installAgain } from '../installation.ts';
import type { Check, CheckContext, Finding } from './finding.ts';
import { fail, notLookedAt, ok, warn } from './finding.ts';

type Result = Omit<Finding, 'check'>;

/** A registry as a Remote names it, or the default of the server. */
interface Target {
  readonly spec: RegistrySpec;
  /** Whose Secret it is. */
  readonly remote?: Remote;
}

/** More would make a cluster with hundreds of Remotes wait. */
const askedAtMost = 20;
const answerMs = 15_000;

export const defaultRegistry: Check = {
  name: 'registry',
  alone: true,
  run: async (context) => {
    const { config, remote } = context;
    const url = config.GITKUBE_REGISTRY;
    // Who names a Remote wants to know about its registry alone.
    return url === undefined || remote ? [] : [await examine({ spec: { url } }, context, push)];
  },
  onTimeout: fixesInVain,
};

export const registriesOfRemotes: Check = {
  name: 'registry',
  run: async (context) => {
    const { config, remote, admin } = context;
    if (remote && !admin) return [notLookedAt()];
    if (remote && admin) return [await examine(await targetOf(admin, config, remote), context, push)];
    const named = await targetsOfRemotes(context);
    const others = await Promise.all(named.slice(0, askedAtMost).map((target) => examine(target, context, ask)));
    if (others.length > 0 || config.GITKUBE_REGISTRY !== undefined) return others;
    return [
      warn(
        'the server has no default registry and no Remote names one',
        installAgain('--registry=<host/path>'),
        'gitkube remote generate --registry=<host/path>',
      ),
    ];
  },
  onTimeout: fixesInVain,
};

function fixesInVain({ config }: CheckContext): string[] {
  return [`curl -v https://${config.GITKUBE_REGISTRY ?? '<registry>'}/v2/`];
}

async function examine(
  target: Target,
  context: CheckContext,
  work: (client: RegistryClient, repository: string, signal: AbortSignal) => Promise<string>,
): Promise<Result> {
  const { config, clock, signal } = context;
  const { url } = target.spec;
  // One that hangs must not hide what is known of the others.
  const limit = AbortSignal.timeout(answerMs);
  const whose = target.remote ? ` (remote ${target.remote.id})` : ' (the default)';
  try {
    const { path } = registryAddress(url);
    const { open } = createRegistryClient({
      insecureRegistries: config.GITKUBE_INSECURE_REGISTRIES,
      defaultRegistry: config.GITKUBE_REGISTRY,
      clock,
      log: silentLogger,
    });
    const client = open(url, await credentialsOf(target, context));
    return ok(
      `${url}${whose}: ${await work(client, [path, 'gitkube-doctor'].filter(Boolean).join('/'), AbortSignal.any([signal, limit]))}`,
    );
  } catch (thrown) {
    signal.throwIfAborted();
    const error = limit.aborted
      ? new GitkubeError('RegistryUnavailable', `the registry does not answer within ${answerMs / 1000} s`)
      : asGitkubeError(thrown);
    return fail(`${url}${whose}: ${error.message}`, ...fixes(error, target, config.GITKUBE_SERVICE !== undefined));
  }
}

async function push(client: RegistryClient, repository: string, signal: AbortSignal): Promise<string> {
  const { stored, removed } = await probePush(client, repository, signal);
  if (!stored) return 'takes a push';
  return removed
    ? 'a pushed image was stored, and removed again'
    : `a pushed image was stored as ${repository}:probe and cannot be removed`;
}

async function ask(client: RegistryClient, repository: string, signal: AbortSignal): Promise<string> {
  await mayPush(client, repository, signal);
  return 'takes a push';
}

async function credentialsOf({ spec, remote }: Target, { admin }: CheckContext) {
  const name = spec.secretName;
  if (!name || !remote || !admin) return undefined;
  const wanted = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: remote.namespace } };
  const secret = await admin.getObject<typeof wanted & { type?: string; data?: Record<string, string> }>(wanted);
  const id = `${remote.namespace}/${name}`;
  if (!secret) throw new GitkubeError('SecretUnusable', `the Secret ${id} does not exist`);
  return credentialsFromSecret({ name: id, type: secret.type ?? '', data: secret.data ?? {} }, spec.url);
}

async function targetOf(admin: KubeAdmin, config: Config, id: { namespace: string; name: string }): Promise<Target> {
  const { GITKUBE_NAMESPACES: served } = config;
  if (served.length > 0 && !served.includes(id.namespace)) {
    throw new GitkubeError('ConfigInvalid', `this server does not serve namespace ${id.namespace}`, {
      hint: `it serves those of GITKUBE_NAMESPACES: ${served.join(', ')}`,
    });
  }
  const found = await admin.getRemote(id.namespace, id.name);
  if (found === undefined) throw remoteNotFound(id.namespace, id.name);
  const remote = parseRemote(found);
  return { spec: remote.registry ?? { url: config.GITKUBE_REGISTRY ?? '' }, remote };
}

/** Each registry with each Secret once. Remotes that are invalid say so in their own status. */
async function targetsOfRemotes({ admin, config }: CheckContext): Promise<readonly Target[]> {
  if (!admin) return [];
  const served = config.GITKUBE_NAMESPACES.length === 0 ? [undefined] : config.GITKUBE_NAMESPACES;
  const lists = await Promise.all(served.map((namespace) => admin.listRemotes(namespace).catch(() => [])));
  const targets = lists.flat().flatMap((object): Target[] => {
    try {
      const remote = parseRemote(object);
      return remote.registry ? [{ spec: remote.registry, remote }] : [];
    } catch {
      return [];
    }
  });
  const once = Map.groupBy(targets, ({ spec, remote }) =>
    JSON.stringify([spec.url, spec.secretName && remote?.namespace, spec.secretName]),
  );
  return [...once.values()].flatMap(([first]) => first ?? []);
}

function fixes(error: GitkubeError, { spec, remote }: Target, isInPod: boolean): string[] {
  const { host } = error.reason === 'RemoteInvalid' ? { host: '<registry>' } : registryAddress(spec.url);
  if (remote && (error.reason === 'RegistryDenied' || error.reason === 'SecretUnusable')) {
    const name = spec.secretName ?? `${remote.name}-regsecret`;
    const make = createSecret(remote.namespace, name, host);
    const named = `{"spec":{"registry":{"credentials":{"secretRef":"${name}"}}}}`;
    return [
      `${make} --dry-run=client -o yaml | kubectl apply -f -`,
      ...(spec.secretName === undefined
        ? [`kubectl -n ${remote.namespace} patch remote ${remote.name} --type=merge -p '${named}'`]
        : []),
    ];
  }
  if (error.reason === 'RegistryDenied') {
    return ['to write a Remote with a registry of its own and its credentials, type: gitkube remote generate'];
  }
  if (error.reason === 'RegistryUnavailable') {
    const set = isInPod
      ? installAgain(`builder.insecureRegistries=[${host}] in a file for --values`)
      : `type: export GITKUBE_INSECURE_REGISTRIES=${host}`;
    return [`curl -v https://${host}/v2/`, `where it speaks no TLS, ${set}`];
  }
  return [...error.hint];
}
