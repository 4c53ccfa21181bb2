/** What containerd and runc put around the cause. */
export function withoutRuntime(words: string): string {
  return words.replace(around, '').replace(/: unknown$/, '');
}

const around =
  /^(?:rpc error: code = \w+ desc = |failed to \w+ containerd (?:task|container): |failed to exec in container: |failed to start exec "\w+": |failed to create shim task: |OCI runtime (?:create|exec) failed: |(?:runc create|exec) failed: |unable to start container process: |error during container init: )+/;
