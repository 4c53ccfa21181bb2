import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import type { KubeAdmin } from '../../kube/index.ts';
import { type Installation, serverContainer, serverPod, toThisVersion } from '../installation.ts';
import { type Finding, fail, warn } from './finding.ts';

export interface RunInPodOptions {
  readonly admin: KubeAdmin;
  readonly installation: Installation;
  readonly remote: { readonly namespace: string; readonly name: string } | undefined;
  readonly signal: AbortSignal;
}

/** Each check in the pod has its own limit, and they run side by side: what takes longer has lost its connection. */
const limitMs = 60_000;

function noEnd(): GitkubeError {
  return new GitkubeError('ClusterUnavailable', `the doctor of the server timed out after ${limitMs / 1000} s`);
}

/** What the server's own doctor finds in its pod, where its engine, its disk and its account are. */
export async function runInPod({ admin, installation, remote, signal }: RunInPodOptions): Promise<Finding[]> {
  const { namespace, name } = installation;
  const pod = await serverPod(admin, installation);
  if (!pod?.runs)
    return [{ check: 'inside', ...warn('engine, registry, rights and disk skipped: the server does not run') }];
  const command = [
    ...['gitkube', 'doctor', '--inside', '--output=json'],
    ...(remote === undefined ? [] : [`--remote=${remote.namespace}/${remote.name}`]),
  ];
  const where = { namespace, pod: pod.name, container: serverContainer };
  const limit = AbortSignal.timeout(limitMs);
  try {
    const { code, stdout, stderr } = await admin.execInPod(where, command, AbortSignal.any([signal, limit]));
    return readFindings(stdout, `${code}: ${stderr.trim().split('\n')[0]}`).map((finding) => ({
      ...finding,
      pod: pod.name,
    }));
  } catch (thrown) {
    signal.throwIfAborted();
    const { message, hint } = asGitkubeError(limit.aborted ? noEnd() : thrown);
    const byHand = `kubectl -n ${namespace} exec deploy/${name} -c ${serverContainer} -- gitkube doctor --inside`;
    return [{ check: 'inside', ...fail(message, ...hint, byHand) }];
  }
}

function readFindings(stdout: string, ending: string): Finding[] {
  try {
    const findings: unknown = JSON.parse(stdout);
    if (Array.isArray(findings)) return findings as Finding[];
  } catch {
    // Reported below: another version answers in another form.
  }
  throw new GitkubeError('Internal', `the doctor of the server ended with ${ending}`, {
    hint: toThisVersion,
  });
}
