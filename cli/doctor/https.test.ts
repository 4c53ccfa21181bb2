import type { PeerCertificate } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { judgeCertificate, judgeFront } from './https.ts';
import { fixesInFront } from './https-fixes.ts';
import { type Answer, bodyBytes } from './https-front.ts';

const url = 'https://git.example.com';
const now = Date.parse('2030-06-01T00:00:00Z');

describe('what doctor says of a certificate', () => {
  const peer = (change: Partial<PeerCertificate> = {}, distrust?: string) => ({
    distrust,
    certificate: {
      valid_from: 'Jan  1 00:00:00 2030 GMT',
      valid_to: 'Aug  1 00:00:00 2030 GMT',
      subjectaltname: 'DNS:git.example.com, DNS:*.git.example.com',
      subject: { CN: 'git.example.com' },
      ...change,
    } as PeerCertificate,
  });

  it.each([
    ['is right', peer(), 'OK', 'is for git.example.com, until Aug  1'],
    ['has expired', peer({ valid_to: 'May 31 23:59:59 2030 GMT' }), 'FAIL', 'has expired: May 31'],
    ['expires soon', peer({ valid_to: 'Jun  5 00:00:00 2030 GMT' }), 'WARN', 'expires in some days'],
    ['begins later', peer({ valid_from: 'Jun  2 00:00:00 2030 GMT' }), 'FAIL', 'not valid before Jun  2'],
    [
      'is for another name, trusted or not',
      peer({ subjectaltname: 'DNS:ingress.local' }, 'SELF_SIGNED_CERT_IN_CHAIN'),
      'FAIL',
      'is not for git.example.com, but for DNS:ingress.local',
    ],
    ['is of an issuer of their own', peer({}, 'SELF_SIGNED_CERT_IN_CHAIN'), 'WARN', 'does not trust'],
  ])('that %s', (_, found, level, words) => {
    expect(judgeCertificate(url, found, now)).toMatchObject({ level, message: expect.stringContaining(words) });
  });
});

describe('what doctor says of what stands in front', () => {
  const answered = (status: number, text: string, server = '', isOurs = status === 200): Answer => ({
    ...{ status, text, server, isOurs, first: text.split(/(?<=\n)/)[0] ?? '' },
  });
  const cut = (problem = 'ECONNRESET', isLate = false): Answer => ({ problem, isLate });
  const whole = { answer: answered(200, `${bodyBytes}\n`), isPassedOn: true };
  const slow = { answer: answered(200, 'begin\nwait\nend\n'), ms: 16_020 };
  const judged = (body = whole as Parameters<typeof judgeFront>[1], late: Parameters<typeof judgeFront>[2] = slow) =>
    judgeFront(url, body, late).map(({ level, message }) => `${level} ${message.replace(`${url} `, '')}`);

  it('is one line when nothing is wrong, which says what was not tried', () => {
    expect(judged()).toEqual([
      'OK takes 2 MiB at once and passes both ways on as they come, for 16 s; larger bodies and longer times were not tried',
    ]);
  });

  it.each([
    ['a limit of bodies', { ...whole, answer: answered(413, '<html>') }, slow, 'FAIL answers 413 to a body of 2 MiB'],
    ['one that hangs up', { answer: cut(), isPassedOn: undefined }, slow, 'FAIL ends the connection while a body'],
    ['a slow line', { ...whole, answer: cut('no answer', true) }, slow, 'WARN a body of 2 MiB to'],
    ['part of a body', { ...whole, answer: answered(200, '5\n') }, slow, 'FAIL of a body of 2 MiB to arrive 5 bytes'],
    ['a buffered body', { ...whole, isPassedOn: false }, slow, 'FAIL keeps the whole body of a request'],
    [
      'a buffered answer',
      whole,
      { ...slow, answer: { ...slow.answer, first: 'begin\nwait\nend\n' } as Answer },
      'FAIL keeps an answer',
    ],
    ['an answer that is cut off', whole, { answer: cut(), ms: 15_000 }, 'FAIL ends a slow answer after 15 s'],
    ['one that ends early', whole, { ...slow, answer: answered(200, 'begin\n') }, 'FAIL ends a slow answer after 16 s'],
    ['one without an end', whole, { answer: cut('no answer within 19 s', true), ms: 19_000 }, 'FAIL comes to no end'],
    ['504', whole, { answer: answered(504, ''), ms: 15_000 }, 'FAIL answers 504 after 15 s: it waits no longer'],
  ])('names %s', (_, body, late, words) => {
    const found = judged(body, late);
    expect(found).toEqual([expect.stringContaining(words)]);
  });

  it.each([
    [502, '<html>', 'FAIL answers 502: it does not reach the server'],
    [404, 'default backend', 'FAIL answers 404 (x/1), and not as Gitkube does'],
    [404, 'gitkube: there is no repository at this URL\n', 'WARN the server behind is another version'],
    [403, 'gitkube: without TLS it takes requests of its proxy alone\n', 'FAIL reaches the server from an address'],
    [503, 'gitkube: too many checks at once\n', 'WARN was not looked at'],
  ])('names %i for all requests once', (status, text, words) => {
    const answer = answered(status, text, 'x/1');
    const found = judged({ answer, isPassedOn: undefined }, { answer, ms: 20 });
    expect(found).toEqual([expect.stringContaining(words)]);
  });

  it('names what to set in a proxy that names itself, and in all others that may be it', () => {
    expect(fixesInFront('time', 'envoy')).toHaveLength(2);
    const all = fixesInFront('response', '').join('\n');
    for (const setting of ['proxy_buffering off;', 'proxy-buffering: "off"', 'flush_interval -1']) {
      expect(all).toContain(setting);
    }
  });
});
