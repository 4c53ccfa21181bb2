import type { BuildOrigin } from '../../builder/index.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { DeployRequest } from './request.ts';

/** By what an image is built, for its provenance. @param urlForm `ssh://git@host/<namespace>/<name>` */
export function buildOrigin(
  { id, revision }: Pick<DeployRequest, 'id' | 'revision'>,
  { namespace, name }: Pick<Remote, 'namespace' | 'name'>,
  urlForm: string,
): BuildOrigin {
  // As long as nobody knows the address of the server, its place in the cluster has to do.
  const isKnown = !urlForm.includes('<host>');
  const url = urlForm.replace('<namespace>', namespace).replace('<name>', name);
  const uri = isKnown ? `git+${url}` : `gitkube:${namespace}/${name}`;
  return { deploy: id, branch: revision.branch, uri };
}
