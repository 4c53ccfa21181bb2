import { checkServerIdentity } from 'node:tls';
import { plain } from '../../base/text.ts';
import { installAgain, toThisVersion } from '../installation.ts';
import type { Check, CheckContext, Finding } from './finding.ts';
import { fail, ok, warn } from './finding.ts';
import { fixesInFront, type Trouble } from './https-fixes.ts';
import {
  type Answered,
  type BodyLook,
  bodyBytes,
  lookAtBody,
  lookAtPeer,
  lookAtSlowAnswer,
  type Peer,
  type SlowLook,
  slowSeconds,
} from './https-front.ts';

type Found = Omit<Finding, 'check'>;

/** What stands in front of git over HTTPS: its certificate, and whether pushes come through, and what they print comes back. */
export const https: Check = {
  name: 'https',
  alone: true,
  run: async (context) => {
    const { config, clock, signal } = context;
    const { GITKUBE_GIT_HTTPS_LISTEN: listen, GITKUBE_GIT_HTTPS_URL: url } = config;
    if (listen === undefined) return [];
    if (url === undefined) {
      const why = 'users are shown no URL of git over HTTPS, and what stands in front of it was not looked at';
      return [warn(why, ...setUrl(context))];
    }
    // All at once: an answer that is slow enough leaves little of the time that a check has.
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const looks = Promise.all([lookAtBody(url, either), lookAtSlowAnswer(url, clock, either)]);
    looks.catch(() => {});
    const peer = await lookAtPeer(url, signal);
    if ('problem' in peer) {
      over.abort();
      return [unreachable(url, peer.problem, context)];
    }
    const [body, slow] = await looks;
    return [judgeCertificate(url, peer, clock.now()), ...judgeFront(url, body, slow)];
  },
  onTimeout: ({ config }) => [`curl -v ${config.GITKUBE_GIT_HTTPS_URL}/-/check/slow`],
};

function setUrl({ config }: CheckContext): string[] {
  return config.GITKUBE_SERVICE === undefined
    ? ['type: export GITKUBE_GIT_HTTPS_URL=https://<host>']
    : [installAgain('https.url: https://<host> in a file for --values')];
}

function unreachable(url: string, problem: string, { inside, home }: CheckContext): Found {
  const message = `nothing speaks TLS at ${url} from here (${problem})`;
  const look = `curl -v ${url}/`;
  if (inside)
    return warn(`${message}; load balancers are often not reachable from inside`, `from where people push: ${look}`);
  return fail(
    message,
    look,
    `kubectl -n ${home} get ingress,service`,
    `of a Gateway: kubectl -n ${home} get httproute`,
  );
}

const dayMs = 86_400_000;
const soonMs = 7 * dayMs;

/** @param now milliseconds since 1970 */
export function judgeCertificate(url: string, { certificate, distrust }: Peer, now: number): Found {
  const { hostname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const { valid_from: from, valid_to: until } = certificate;
  const renew = `renew it; to see it, type: curl -vI ${url}/`;
  if (now > Date.parse(until)) return fail(`the certificate of ${url} has expired: ${until}`, renew);
  if (now < Date.parse(from)) return fail(`the certificate of ${url} is not valid before ${from}`, renew);
  if (checkServerIdentity(host, certificate)) {
    const names = plain(certificate.subjectaltname ?? 'nobody', 200);
    return fail(`the certificate of ${url} is not for ${host}, but for ${names}`, `make one for ${host}`);
  }
  // An issuer of one's own is none that this machine has to know.
  if (distrust !== undefined) {
    const how = `git config --global http.${url}/.sslCAInfo <file with the certificate of the issuer>`;
    return warn(
      `this machine does not trust the certificate of ${url} (${plain(distrust, 100)})`,
      `clients need: ${how}`,
    );
  }
  if (now > Date.parse(until) - soonMs) return warn(`the certificate of ${url} expires in some days: ${until}`, renew);
  return ok(`the certificate of ${url} is for ${host}, until ${until}`);
}

/** All that is wrong on the way, or that nothing is. */
export function judgeFront(url: string, body: BodyLook, slow: SlowLook): Found[] {
  const found = [judgeBody(url, body), judgeArrival(url, body), ...judgeSlow(url, slow)].filter(
    (one) => one !== undefined,
  );
  // What keeps all requests out is one thing.
  const once = [...new Map(found.map((one) => [one.message, one])).values()];
  if (once.length > 0) return once;
  const all = `takes 2 MiB at once and passes both ways on as they come, for ${slowSeconds} s`;
  return [ok(`${url} ${all}; larger bodies and longer times were not tried`)];
}

function judgeBody(url: string, { answer }: BodyLook): Found | undefined {
  const sent = 'a body of 2 MiB';
  if ('problem' in answer) {
    if (answer.isLate) return warn(`${sent} to ${url} takes long: ${answer.problem}`, `curl -v ${url}/`);
    return fail(`${url} ends the connection while ${sent} is sent (${answer.problem})`, ...fixesInFront('body', ''));
  }
  if (answer.isOurs && Number(answer.text) === bodyBytes) return undefined;
  if (answer.isOurs)
    return fail(`of ${sent} to ${url} arrive ${Number(answer.text)} bytes`, ...fixesInFront('body', ''));
  if (answer.status !== 413) return judgeRefusal(url, answer, 'body');
  return fail(`${url} answers 413 to ${sent}: it limits the size of a push`, ...fixesInFront('body', answer.server));
}

function judgeArrival(url: string, { isPassedOn, answer }: BodyLook): Found | undefined {
  if (isPassedOn !== false) return undefined;
  const server = 'status' in answer ? answer.server : '';
  return fail(
    `${url} keeps the whole body of a request before it passes it on: buffered`,
    ...fixesInFront('request', server),
  );
}

function judgeSlow(url: string, { answer, ms }: SlowLook): (Found | undefined)[] {
  const after = `after ${(ms / 1000).toFixed(0)} s`;
  if ('problem' in answer) {
    if (answer.isLate) return [fail(`${url} comes to no end: ${answer.problem}`, `curl -v ${url}/-/check/slow`)];
    return [fail(`${url} ends a slow answer ${after} (${answer.problem})`, ...fixesInFront('time', ''))];
  }
  if (!answer.isOurs) return [judgeRefusal(url, answer, 'time', ` ${after}`)];
  const isKept = answer.first !== 'begin\n';
  const isWhole = answer.text.endsWith('end\n');
  return [
    isKept
      ? fail(`${url} keeps an answer before it passes it on: buffered`, ...fixesInFront('response', answer.server))
      : undefined,
    isWhole ? undefined : fail(`${url} ends a slow answer ${after}`, ...fixesInFront('time', answer.server)),
  ];
}

/** Of somebody else than the check that was asked. */
function judgeRefusal(url: string, { status, server, text }: Answered, trouble: Trouble, after = ''): Found {
  if (text.startsWith('gitkube: without TLS')) {
    const why = `${url} reaches the server from an address that is none of its proxies`;
    return fail(why, installAgain('https.proxies: [<addresses of what stands in front>] in a file for --values'));
  }
  if (status === 503 && text.startsWith('gitkube: too many checks')) {
    return warn(`${url} was not looked at: others check it at the same time`, 'type gitkube doctor again');
  }
  if (text.startsWith('gitkube: ')) {
    return warn(`the server behind ${url} is another version, and cannot be asked`, toThisVersion);
  }
  if (status === 504) return fail(`${url} answers 504${after}: it waits no longer`, ...fixesInFront('time', server));
  if (status === 502 || status === 503) {
    return fail(`${url} answers ${status}: it does not reach the server`, ...fixesOfBackend);
  }
  const who = server === '' ? '' : ` (${plain(server, 50)})`;
  return fail(
    `${url} answers ${status}${who}, and not as Gitkube does`,
    ...fixesOfBackend,
    ...fixesInFront(trouble, server),
  );
}

const fixesOfBackend = [
  'kubectl get ingress -A',
  'of a Gateway: kubectl get httproute -A -o yaml',
  'with https.secretName what stands in front has to speak TLS to the server, without it plain HTTP',
];
