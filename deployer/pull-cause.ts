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
