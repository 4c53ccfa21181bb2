/** Why the server refuses a push; what git says of a hook that has died, or of the end of the connection, is no reason. */
export const ownWords = /^remote: (?:error|fatal): (?!(?:pre|proc)-receive )|^gitkube: /m;

const ofGit = /^(?:fatal|error): |\[(?:remote )?rejected\]|closed by|hung up|^exit code |^remote: gitkube: /;

/**
 * One line of what the pusher reads, the same in each run.
 * @param status what the status of the Remote says, which counts where the pusher reads no words of Gitkube
 */
export function inShort(output: string, status: { readonly reason: string } | undefined): string {
  const lines = output.split('\n').map((line) => line.trim());
  const own = lines.findLast((line) => ownWords.test(line) || /^remote: (?:Released |releases\/\d+ stands)/.test(line));
  if (own !== undefined) return timeless(own.replace(/^remote: /, ''));
  const words = lines.find((line) => ofGit.test(line));
  const inStatus = status ? `; the status: ${status.reason}` : '';
  return `${words === undefined ? 'nothing' : timeless(words)}${inStatus}`;
}

/** Without what is another one in each run. */
function timeless(line: string): string {
  return line
    .replace(/^(?:! +|remote: )/, '')
    .replace(/ runs after .*/, ' runs')
    .replace(/: main \w{7}\b/, ': main')
    .replace(/\/\S+(?=\/hooks\/)/g, '…')
    .replace(/unix:\/\/\S+\/docker\.sock/g, 'unix://…/docker.sock')
    .replace(/(?:127\.0\.0\.1|localhost)(?::| port )\d+/g, '127.0.0.1')
    .replace(/\btest-[0-9a-f]{8}\b/g, 'ns')
    .replace(/\b[0-9a-f]{12,64}\b/g, '…')
    .replace(/\bSHA256:\S+/g, 'SHA256:…')
    .replace(/\bwww-(?:[0-9a-f]{6,10}-[0-9a-z]{5}|run-[0-9a-f]{8})\b/g, 'www-…')
    .replace(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, '…')
    .replaceAll('|', '/');
}
