import { again } from '../../base/again.ts';
import { editRemote } from '../../base/edit-remote.ts';
import { GitkubeError } from '../../base/errors.ts';
import { deniedHint } from '../registry/credentials.ts';
import type { RegistryCredentials } from '../types.ts';

export interface PushFailure {
  readonly error: GitkubeError;
  /** Whether the same push may succeed in a moment. */
  readonly mayPass: boolean;
  /** Whether the registry answered at all. */
  readonly answers: boolean;
}

/** The registry as the pusher and the operator know it. */
export interface PushTarget {
  readonly host: string;
  readonly credentials?: RegistryCredentials | undefined;
}

const denied = /unauthorized|denied|no basic auth credentials|authentication required|forbidden|insufficient_scope/i;
const unknownName = /name unknown|\b(?:repository|project|namespace|registry)\b[^\n]{0,300}\bdoes not exist/i;
const noRoom = /insufficient storage|quota exceeded|exceed.{0,60}quota/i;
const diskFull = /no space left|disk quota exceeded/i;
// `unsupported: …` is an error code of the API; TLS and URLs have unsupported versions, certificates and schemes.
const refused =
  /name invalid|invalid reference format|repository name must be|manifest invalid|tag invalid|immutable|(?:^|: )unsupported: /im;
const plainHttp = /server gave HTTP response to HTTPS client/;
const untrusted = /x509:|certificate/;
// As dockerd words it, then as containerd does.
const httpStatus = /(?:HTTP status: |\bHTTP |status from [A-Z]+ request to \S+: |unexpected status: )(\d{3})\b/;

/** Of the system that the engine runs on: `open /x: permission denied`. */
const bySystem =
  /\b(?:open|read|write|mkdir|l?stat|rename|connect|dial)\b[^:\n]*: (?:permission denied|operation not permitted)/g;

/** What a registry says while an image is pushed to it names no image. */
export function ofImage(label: string, error: GitkubeError): GitkubeError {
  const { reason, message, hint, evidence, said, cause } = error;
  if (!reason.startsWith('Registry')) return error;
  return new GitkubeError(reason, `${label}: ${message}`, { hint, evidence, said, cause });
}

/** What the engine says about a push that it could not do, and whether another try is of use. */
export function pushFailure(text: string, { host, credentials }: PushTarget): PushFailure {
  const status = Number(httpStatus.exec(text)?.[1] ?? 0);
  const refusal = (message: string, hint: string): PushFailure => ({
    error: new GitkubeError('RegistryRefused', `${message}: ${text}`, { hint }),
    mayPass: false,
    answers: true,
  });
  const unavailable = (mayPass: boolean, hint: string | readonly string[] = []): PushFailure => ({
    error: new GitkubeError('RegistryUnavailable', `the push to ${host} failed: ${text}`, { hint }),
    mayPass,
    answers: status !== 0,
  });
  // Of the registry or of the engine itself: the text does not say which.
  if (diskFull.test(text)) {
    const hint = `ask the operator of the registry or of the Docker Engine to free space, then ${again}`;
    return refusal(`a disk on the way to ${host} is full`, hint);
  }
  if (status === 507 || noRoom.test(text)) {
    const hint = `ask the operator of the registry to free space, then ${again}`;
    return refusal(`the registry ${host} has no space for the image`, hint);
  }
  if (status === 401 || status === 403 || denied.test(text.replace(bySystem, ''))) {
    const error = new GitkubeError('RegistryDenied', `the registry ${host} refuses the push: ${text}`, {
      hint: deniedHint(host, credentials),
    });
    return { error, mayPass: false, answers: true };
  }
  if (unknownName.test(text)) {
    const error = new GitkubeError('RegistryDenied', `the registry ${host} has no such repository: ${text}`, {
      hint: `create the repository in the registry first, then ${again}`,
    });
    return { error, mayPass: false, answers: true };
  }
  if (status === 413) {
    const hint = `allow larger requests in the proxy before ${host} (nginx: client_max_body_size 0), or make the layer smaller`;
    return refusal(`the registry ${host} does not accept a layer of this size`, hint);
  }
  if (refused.test(text)) {
    return refusal(
      `the registry ${host} does not accept this image`,
      'check the name and the tag of the image against its answer',
    );
  }
  if (plainHttp.test(text)) return unavailable(false, `start the Docker Engine with --insecure-registry ${host}`);
  if (untrusted.test(text)) {
    return unavailable(false, `let the Docker Engine trust it: put its CA into /etc/docker/certs.d/${host}/ca.crt`);
  }
  if (status === 429 || /toomanyrequests/i.test(text)) return unavailable(false, `${again} later: it limits requests`);
  const final = status === 501 || status === 505 || (status >= 400 && status < 500 && status !== 408 && status !== 425);
  if (final)
    return refusal(`the server at ${host} does not answer like a registry`, `correct spec.registry.url: ${editRemote}`);
  return unavailable(true);
}
