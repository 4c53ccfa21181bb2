/**
 * What the kubelet answers in place of a log, with status 200, when the container or its file has just been removed:
 * GetContainerLogs and ReadLogs in pkg/kubelet/kuberuntime and k8s.io/cri-client/pkg/logs.
 */
const noLog =
  /^(unable to retrieve container logs for \S+|failed to (try resolving symlinks in path|open log file) "\/[^"]+": .*)$/;

/** The lines of a container's log. None when the kubelet only says that it has no log. */
export function logLines(text: string): string[] {
  const whole = text.replace(/\n$/, '');
  return whole === '' || noLog.test(whole) ? [] : whole.split('\n');
}
