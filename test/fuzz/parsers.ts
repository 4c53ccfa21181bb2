import { gzipSync } from 'node:zlib';
import { AddressList } from '../../base/address-list.ts';
import { GitkubeError } from '../../base/errors.ts';
import { quoteWord, shellWords } from '../../base/shell-words.ts';
import { plain } from '../../base/text.ts';
import { checkSyntax } from '../../builder/dockerfile/dockerfile.ts';
import { declaredArgs } from '../../builder/dockerfile/dockerfile-args.ts';
import { instructions, stagesOf } from '../../builder/dockerfile/dockerfile-lines.ts';
import { parseChallenge } from '../../builder/registry/auth.ts';
import { PktLineReader } from '../../hooks/pkt-line.ts';
import { parseAuthorizedKeys } from '../../remote-crd/authorized-keys.ts';
import { readPublicKey } from '../../remote-crd/public-key.ts';
import { parseRemoteWord } from '../../server/access/remote-name.ts';
import { readToken } from '../../server/access/tokens/token.ts';
import { boundedGunzip } from '../../server/git-http/bounded-gunzip.ts';
import { clientAddress } from '../../server/git-http/client-address.ts';
import { tokenOf } from '../../server/git-http/credentials.ts';
import { routeOf } from '../../server/git-http/route.ts';
import { parsePushOptions } from '../../server/receive/push-options.ts';
import { sshKeys } from '../support/ssh-keys.ts';

/** A parser of ours, and what has to be true of it whatever it is given. */
export interface Parser {
  readonly name: string;
  /** What it is meant for; everything else is made of it. */
  readonly seeds: readonly (string | Buffer)[];
  /** @throws when it is not true */
  check(input: Buffer): void | Promise<void>;
}

const label = /^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/;
const key = `${sshKeys.ed25519.type} ${sshKeys.ed25519.base64}`;
const dockerfile =
  '# syntax=docker/dockerfile:1\nARG A=1 B\nFROM a AS b\nRUN <<E cat\nx\nE\nCOPY --from=b \\\n # c\n x y\n';

function holds(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Error(`it is not so that ${what}`);
}

/** Of what a person has typed, an error of the catalog is an answer. */
function refusing(parse: () => void): void {
  try {
    parse();
  } catch (error) {
    if (!(error instanceof GitkubeError)) throw error;
  }
}

/** A parser of text. */
function text(name: string, seeds: readonly string[], check: (input: string) => void): Parser {
  return { name, seeds, check: (input) => check(input.toString()) };
}

export const parsers: readonly Parser[] = [
  text('route', ['/shop/web.git/info/refs?service=git-upload-pack', '/shop/web/git-receive-pack'], (url) => {
    for (const method of ['GET', 'POST']) {
      const { remote } = routeOf(method, url) ?? {};
      if (remote) holds(label.test(remote.namespace) && label.test(remote.name), 'a route has names of Kubernetes');
    }
  }),
  text('credentials', [`Basic ${btoa('ci:gk_1')}`, 'Bearer gk_1'], (header) => {
    holds(tokenOf(header) !== '', 'an empty token is none');
  }),
  text('token', ['gk_00000000_00000000000000000000000000000000A'], (word) => {
    const token = readToken(word);
    if (token) holds(readToken(`${word}x`) === undefined && word.includes(token.id), 'a token is all of its text');
  }),
  text('remote-name', ['shop/web', '/shop/web.git', '~/git/shop-web', 'shop/web/qa'], (word) => {
    refusing(() => {
      const found = parseRemoteWord(word);
      const names = 'old' in found ? [found.old] : [found.namespace, found.name, found.environment ?? 'a'];
      holds(
        names.every((name) => label.test(name)),
        'a Remote has names of Kubernetes',
      );
    });
  }),
  text('shell-words', ["git-upload-pack '/a/b'", 'a "b\\"c" d\\ e'], (line) => {
    shellWords(line);
    holds(JSON.stringify(shellWords(quoteWord(line))) === JSON.stringify([line]), 'a quoted word is one word');
  }),
  text('push-options', ['no-cache', 'rollback=7', 'rollback=qa/7'], (option) =>
    refusing(() => parsePushOptions([option])),
  ),
  text(
    'authorized-keys',
    [`${key} me`, `from="10.0.0.0/8,!10.1.*" ${key}`, `expiry-time="20300101" ${key}`],
    (line) => {
      const { keys } = parseAuthorizedKeys([line]);
      holds(keys.length <= line.split('\n').length, 'a line has one key');
    },
  ),
  text(
    'public-key',
    Object.values(sshKeys).map(({ type, base64 }) => `${type} ${base64}`),
    (line) => {
      const [type = '', base64 = ''] = line.split(' ');
      const read = readPublicKey(type, base64);
      if (typeof read !== 'string') holds(read.blob.includes(type), 'a key has its type inside');
    },
  ),
  text('address-list', ['10.0.0.0/8,!10.1.2.?', '::1,fe80::/10', '192.0.2.*'], (list) => {
    const read = AddressList.read(list);
    if (typeof read !== 'string') read.includes('10.1.2.3');
  }),
  text('forwarded-for', ['192.0.2.1, 10.0.0.1:80', '[2001:db8::1]:443'], (header) => {
    const proxies = AddressList.read('10.0.0.0/8');
    if (typeof proxies === 'string') throw new Error(proxies);
    const socket = { remoteAddress: '10.0.0.2' } as never;
    const { address = '' } = clientAddress({ headers: { 'x-forwarded-for': header }, socket }, proxies);
    holds(/^[0-9a-f.:]+$/i.test(address), 'a client has an address');
  }),
  text('challenge', ['Bearer realm="https://r/token",service="r",scope="a\\"b"', 'Basic realm=x'], (header) => {
    holds(!parseChallenge(header).scheme.includes(' '), 'a scheme is a word');
  }),
  text('dockerfile', [dockerfile, dockerfile.replace('# syntax', '# escape')], (content) => {
    instructions(content);
    stagesOf(content);
    declaredArgs(content);
    refusing(() => checkSyntax(content, {}, 'Dockerfile'));
  }),
  text('plain', ['a \u001b[31mred\u001b[0m', '\u001b]8;;x\u0007y\u001b]8;;\u0007', '\u202ea\r\nb'], (words) => {
    holds(
      !/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/.test(plain(words)),
      'it is plain',
    );
    holds(plain(words, 9).length <= 9, 'it is as short as it has to be');
  }),
  {
    name: 'pkt-line',
    seeds: ['0008NAK\n0000', '0032want 0123456789012345678901234567890123456789\n'],
    check: (bytes) =>
      holds(packets([bytes]) === packets([...bytes].map((byte) => Buffer.of(byte))), 'cuts change nothing'),
  },
  {
    name: 'gunzip',
    seeds: [gzipSync('0000'), gzipSync(Buffer.alloc(5000))],
    check: async (bytes) => holds((await inflated(bytes, 1000)) <= 1000, 'no more comes than may'),
  },
];

/** What a reader makes of bytes that come in these pieces. */
function packets(pieces: readonly Buffer[]): string {
  const reader = new PktLineReader();
  const found: (string | undefined)[] = [];
  try {
    for (const piece of pieces) for (const one of reader.push(piece)) found.push(one?.toString('hex'));
  } catch (error) {
    // Those before it, in one piece, are lost with it.
    if (error instanceof RangeError) return 'not a pkt-line';
    throw error;
  }
  return JSON.stringify(found);
}

function inflated(bytes: Buffer, max: number): Promise<number> {
  const [gunzip, bound] = boundedGunzip(max);
  if (!gunzip || !bound) throw new Error('boundedGunzip has two stages');
  let length = 0;
  return new Promise((resolve) => {
    const end = () => resolve(length);
    bound.on('data', (chunk: Buffer) => {
      length += chunk.length;
    });
    bound.on('end', end).on('error', end);
    gunzip.on('error', end).pipe(bound);
    gunzip.end(bytes);
  });
}
