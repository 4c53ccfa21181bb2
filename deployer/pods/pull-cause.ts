/** What kubelet, containerd, CRI-O and Docker put before the cause, each with the whole name of the image. */
const wrappings = [
  /^Back-off pulling image "[^"]*": /,
  /^(?:ErrImagePull|ImagePullBackOff): /,
  /^rpc error: code = \w+ desc = /,
  /^Error response from daemon: /,
  /^failed to pull (?:and unpack )?image "[^"]*": /i,
  /^(?:failed to resolve reference|initializing source) "?\S+?"?: /,
  /^failed to do request: /,
  /^(?:Head|Get) "[^"]*": /i,
];

/**
 * Why an image could not be pulled, without the wrappings: they fill a line of the terminal, and a name such as
 * `shop/not-found` in them is no cause.
 */
export function pullCause(words: string): string {
  const next = wrappings.find((wrapping) => wrapping.test(words));
  return next ? pullCause(words.replace(next, '')) : words;
}

export interface PullFailure {
  /** For people. */
  readonly cause: string;
  /** The registry that does not do its work, by its host; undefined: that may be, and something else as well. */
  readonly registry?: string;
  /** All that the node said, where `cause` are other words. */
  readonly raw?: string;
}

/** Why an image could not be pulled; where the words of the node say only how it showed, what that means. */
export function pullFailure(words: string, image: string): PullFailure {
  const cause = pullCause(words);
  const registry = /https?:\/\/([^/\s"]+)/.exec(words)?.[1] ?? registryOf(image);
  if (/^(?:unexpected )?EOF$/.test(cause)) {
    return { cause: `registry ${registry} closed the connection`, registry, raw: words };
  }
  const [, status] = /unexpected (?:HTTP )?status\b.*?: (5\d\d\b[^:"\n]*)/i.exec(cause) ?? [];
  return status ? { cause: `registry ${registry} answers ${status.trim()}`, registry, raw: words } : { cause };
}

/** The host of an image's name, as the engines read it. */
export function registryOf(image: string): string {
  const [host = '', ...path] = image.split('/');
  return path.length > 0 && (/[.:]/.test(host) || host === 'localhost') ? host : 'docker.io';
}
