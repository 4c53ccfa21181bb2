import { editRemote } from '../../base/edit-remote.ts';
import { GitkubeError } from '../../base/errors.ts';
import type { ImageDestination, ImageTarget } from '../types.ts';

/** A registry, as image names, its API and Docker's credential files each call it. */
export interface RegistryAddress {
  /** `host[:port]` as it stands in image names. */
  readonly host: string;
  /** `host[:port]` that answers `/v2/`. */
  readonly apiHost: string;
  /** What is between the host and the image name, without slashes at its ends; often empty. */
  readonly path: string;
}

// https://github.com/distribution/reference/blob/main/regexp.go; upper case is left out on purpose: hosts compare easier.
const host =
  /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:]+\])(?::[0-9]{1,5})?$/;
const pathComponent = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const maxNameLength = 255;

/**
 * @param url `host[:port][/path]`; as for Docker, a first part that looks like no host is an account of Docker Hub.
 * @throws GitkubeError RemoteInvalid
 */
export function registryAddress(url: string): RegistryAddress {
  const { problem, hint, ...address } = readRegistry(url);
  if (problem === undefined) return address;
  throw new GitkubeError('RemoteInvalid', `registry.url '${url}' ${problem}`, {
    hint: `set spec.registry.url to ${hint}: ${editRemote}`,
  });
}

/** Why this is no address of a registry, as the end of a sentence. */
export function registryProblem(url: string): string | undefined {
  return readRegistry(url).problem;
}

interface ReadRegistry extends RegistryAddress {
  readonly problem?: string;
  readonly hint?: string;
}

function readRegistry(url: string): ReadRegistry {
  const parts = url.replace(/\/+$/, '').split('/');
  const first = parts[0]?.toLowerCase() ?? '';
  const named = /[.:]/.test(first) || first === 'localhost';
  const name = !named || first === 'index.docker.io' ? 'docker.io' : first;
  const path = named ? parts.slice(1) : parts;
  const apiHost = name === 'docker.io' ? 'registry-1.docker.io' : name;
  const address = { host: name, apiHost, path: path.join('/') };
  if (!host.test(name) || !path.every((part) => pathComponent.test(part))) {
    const hint = 'something like docker.io/user or registry.example.com:5000/team';
    return { ...address, problem: 'is not host[:port][/path]', hint };
  }
  if (name === 'docker.io' && path.length === 0) {
    return { ...address, problem: 'names Docker Hub without an account', hint: 'docker.io/<account>' };
  }
  return address;
}

/** The same registry, whatever of Docker Hub's names is used. */
export function canonicalHost(name: string): string {
  const plainHost = name.toLowerCase();
  return /^(?:index\.|registry-1\.|registry\.hub\.)?docker\.(?:io|com)$/.test(plainHost) ? 'docker.io' : plainHost;
}

/** `www/web` or `task unit`. */
export function labelOf({ deployment, container, task }: ImageTarget): string {
  return task === undefined ? `${deployment}/${container.name}` : `task ${task}`;
}

/** What of the Remote says how it is built. */
export function ownerOf({ container, task }: ImageTarget): string {
  return task === undefined ? `container ${container.name}` : `task ${task}`;
}

/**
 * `host/path/<ns>-<remote>-<ns>.<deployment>-<container>`: the name that Gitkube has always given. That of a task has an
 * underscore, which no workload has.
 * @throws GitkubeError RemoteInvalid when it is no name that a registry takes.
 */
export function repositoryName(destination: ImageDestination, target: ImageTarget): string {
  const address = registryAddress(destination.registryUrl);
  const { namespace, remote } = destination;
  const own = target.task === undefined ? `${target.deployment}-${target.container.name}` : `test_${target.task}`;
  const image = `${namespace}-${remote}-${namespace}.${own}`;
  const name = [address.host, address.path, image].filter((part) => part !== '').join('/');
  if (!pathComponent.test(image)) {
    throw new GitkubeError('RemoteInvalid', `'${image}' is not a name that a registry accepts`, {
      hint: 'names of the Remote, the workload and the container may have a-z, 0-9, - and . only',
    });
  }
  if (name.length > maxNameLength) {
    throw new GitkubeError('RemoteInvalid', `image name '${name}' has more than ${maxNameLength} characters`, {
      hint: 'shorten the name of the Remote, of the workload or of the container',
    });
  }
  return name;
}

/** The part of a repository that the registry's own API uses: without the host. */
export function repositoryPath(repository: string): string {
  return repository.slice(repository.indexOf('/') + 1);
}

/** The tag under which an image of this build key is found again. At most 128 characters: 68. */
export function keyTag(buildKey: string): string {
  return `key-${buildKey}`;
}

/** `sha256:…`: https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests */
export function isDigest(text: unknown): text is string {
  return typeof text === 'string' && /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-f]{32,128}$/.test(text);
}
