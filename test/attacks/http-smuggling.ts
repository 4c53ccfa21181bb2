import { type Attack, fell, stood } from './attack.ts';
import { speak } from './http-bytes.ts';
import type { Victim } from './victim.ts';

/** What a proxy takes for a part of the body of the first request, and may not have let through. */
const smuggled = 'GET /smuggled/HEAD HTTP/1.1\r\nHost: git.example.com\r\nConnection: close\r\n\r\n';

/** @param headers of the first request, which has `body` behind them, and that the smuggled one inside */
function smuggle(incident: string, what: string, headers: readonly string[], body: string): Attack {
  return { incident, what: `request smuggling: ${what}`, attempt: (victim) => attempt(victim, headers, body) };
}

async function attempt(victim: Victim, headers: readonly string[], body: string) {
  const first = ['POST /nothing HTTP/1.1', 'Host: git.example.com', 'Connection: keep-alive', ...headers];
  const answers = await speak(victim, `${first.join('\r\n')}\r\n\r\n${body}`);
  const statuses = [...answers.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status);
  const seen = statuses.length === 0 ? 'disconnects' : `answers ${statuses.join(' and ')}`;
  return statuses.length > 1 ? fell(seen) : stood(seen);
}

const chunkedEnd = `0\r\n\r\n${smuggled}`;

export const smuggling: readonly Attack[] = [
  smuggle(
    'CWE-444, RFC 9112 6.3',
    'Content-Length and Transfer-Encoding',
    [`Content-Length: ${chunkedEnd.length}`, 'Transfer-Encoding: chunked'],
    chunkedEnd,
  ),
  smuggle(
    'CVE-2022-32215 (Node.js)',
    'Transfer-Encoding in two lines',
    [`Content-Length: ${chunkedEnd.length}`, 'Transfer-Encoding:\r\n chunked'],
    chunkedEnd,
  ),
  smuggle(
    'CVE-2019-16276 (Go)',
    'a blank between Transfer-Encoding and its colon',
    [`Content-Length: ${chunkedEnd.length}`, 'Transfer-Encoding : chunked'],
    chunkedEnd,
  ),
  smuggle(
    'CVE-2022-32214 (Node.js)',
    'a header that ends with LF alone hides another one',
    [`Content-Length: ${chunkedEnd.length}`, 'X-A: a\nTransfer-Encoding: chunked'],
    chunkedEnd,
  ),
];
