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
    const { changes } = diffObjects(from, to, secrets);
    const lines = changeLines(changes.slice(0, maxLines));
    const more = changes.length - lines.length;
    return more > 0 ? [...lines, `  and ${count(more, 'field')} more`] : lines;
  };
}
