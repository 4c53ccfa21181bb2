import type { Describe } from '../../applier/index.ts';
import { count } from '../../base/text.ts';
import type { Kube } from '../../kube/index.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { changeLines } from './lines.ts';
import { diffObjects } from './object-diff.ts';
import { secretValues } from './secret-values.ts';

/** In a dry run, which names all objects. */
const maxLines = 20;

/** What a deploy would change of an object, for a dry run: in short, and without what is secret. */
export async function describeChanges(
  kube: Pick<Kube, 'getSecret'>,
  remote: Pick<Remote, 'namespace' | 'manifests'>,
): Promise<Describe> {
  const secrets = await secretValues(kube, remote);
  return (from, to) => {
    const lines = changeLines(diffObjects(from, to, secrets).changes);
    const more = lines.length - maxLines;
    return more > 0 ? [...lines.slice(0, maxLines), `  and ${count(more, 'field')} more`] : lines;
  };
}
