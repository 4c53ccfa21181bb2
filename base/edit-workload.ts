interface WorkloadName {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

const place = /\bin the (?:pod template|Deployment)\b/;
const command = /: kubectl -n \S+ edit (deployment|statefulset|daemonset|cronjob) (\S+)$/;

/** A hint about what is in a workload, with what to type to change it. */
export function namingWorkload(hint: string, { kind, namespace, name }: WorkloadName): string {
  if (!place.test(hint) || hint.includes('kubectl')) return hint;
  return `${hint}: kubectl -n ${namespace} edit ${kind.toLowerCase()} ${name}`;
}

/**
 * The same of a Remote whose workloads are manifests of the repository: the next push would undo what somebody edits.
 * @param path of their folder
 * @param held the workloads that they have; undefined: nobody knows
 */
export function namingManifests(hint: string, path: string, held?: readonly Omit<WorkloadName, 'namespace'>[]): string {
  const [found, kind, name] = command.exec(hint) ?? [];
  if (found === undefined) return hint;
  if (held && !held.some((one) => one.kind.toLowerCase() === kind && one.name === name)) return hint;
  const where = path === '.' ? 'the manifests' : path;
  return hint.replace(command, '').replace(place, (found) => `${found}, in ${where}`);
}
