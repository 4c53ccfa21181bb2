import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refusedKeys, sshKeys } from '../test/support/ssh-keys.ts';
import { parseAuthorizedKeys } from './authorized-keys.ts';

const { ed25519, rsa } = sshKeys;
const line = `ssh-ed25519 ${ed25519.base64}`;

function fingerprints(...entries: string[]): string[] {
  const { keys, problems } = parseAuthorizedKeys(entries);
  expect(problems).toEqual([]);
  return keys.map(({ fingerprint }) => fingerprint);
}

function problemOf(entry: string): string {
  const { keys, problems } = parseAuthorizedKeys([entry]);
  expect(keys).toEqual([]);
  expect(problems).toHaveLength(1);
  return problems[0]?.problem ?? '';
}

describe('a public key', () => {
  it.each(Object.entries(sshKeys))('%s has the fingerprint that ssh-keygen prints', (_name, key) => {
    const { keys } = parseAuthorizedKeys([`${key.type} ${key.base64} ana@home`]);
    expect(keys).toEqual([
      { type: key.type, blob: Buffer.from(key.base64, 'base64'), fingerprint: key.fingerprint, comment: 'ana@home' },
    ]);
  });

  it.each([
    ['dsa', /DSA keys are too weak/],
    ['rsa1024', 'an RSA key needs 2048 bits, this one has 1024'],
    ['certificate', /certificates are not supported/],
  ] as const)('%s is refused', (name, problem) => {
    expect(problemOf(refusedKeys[name])).toMatch(problem);
  });

  it.each([
    ['sk-ssh-ed25519@openssh.com AAAA', /damaged or cut off/],
    [`sk-ssh-ed25519@openssh.com ${ed25519.base64}`, 'the key is not of type sk-ssh-ed25519@openssh.com'],
    [`sk-ssh-ed25519@openssh.com ${withoutApplication()}`, 'the key is damaged: it names no application'],
    ['webauthn-sk-ecdsa-sha2-nistp256@openssh.com AAAA', /this is not a public key/],
    ['rsa-sha2-256 AAAA', 'this type of key is not supported: generate one with ssh-keygen -t ed25519'],
    ['ssh-rsa your-ssh-public-key', /not base64/],
    ['ssh-rsa <key>', /not base64/],
    ['ssh-rsa', /not base64/],
    [`ssh-rsa ${ed25519.base64}`, 'the key is not of type ssh-rsa'],
    [`ssh-ed25519 ${ed25519.base64.slice(0, -4)}`, /damaged or cut off/],
    [`ssh-ed25519 ${ed25519.base64}AAAA`, /data after it/],
    [`ecdsa-sha2-nistp256 ${curveSwapped()}`, /not on the curve nistp256/],
    [`ecdsa-sha2-nistp256 ${offCurve()}`, /no valid key/],
    ['my key', /this is not a public key/],
    ['{"kty":"RSA"}', /this is not a public key/],
  ])('%s is refused', (entry, problem) => {
    expect(problemOf(entry)).toMatch(problem);
  });
});

describe('an entry of authorizedKeys', () => {
  it.each([
    ['a block with an empty line and a comment', `# ana\n${line}\n\n`],
    ['Windows newlines', `${line} ana\r\n`],
    ['quotes that YAML left (hasura/gitkube#128)', `"${line} ana@home"\n`],
    ['single and typographic quotes', `'${line}'\n\u201c${line}\u201d`],
    ['indentation', `   ${line}   `],
    ['options that take away what is never given', `restrict,no-pty,no-X11-forwarding,no-agent-forwarding ${line}`],
    ['the same key twice', `${line} one\n${line} two`],
  ])('may have %s', (_what, entry) => {
    expect(fingerprints(entry)).toEqual([ed25519.fingerprint]);
  });

  it('may hold several keys', () => {
    expect(fingerprints(`${line}\nssh-rsa ${rsa.base64}`, `ssh-rsa ${rsa.base64} again`)).toEqual([
      ed25519.fingerprint,
      rsa.fingerprint,
    ]);
  });

  it.each([
    ['command="/bin/sh"', 'command'],
    ['restrict,Command="a, b"', 'command'],
    ['principals="ada"', 'principals'],
    ['cert-authority', 'cert-authority'],
  ])('is refused with the option %s, never taken without it', (option, name) => {
    expect(problemOf(`${option} ${line}`)).toBe(
      `the option ${name} is not supported, and a key is not taken without its options`,
    );
  });

  it.each([
    ['from="10.0.0.0/8,*.example.org"', 'its option from cannot be used: it has *.example.org, which is no address'],
    ['from=10.0.0.0/8', 'an option of 4 characters is not supported'],
    ['from', 'its option from cannot be used: it has an empty item'],
    ['from="10.0.0.1",from="10.0.0.2"', 'it has the option from twice'],
    ['expiry-time="tomorrow"', 'its expiry-time is no time: write YYYYMMDD, or YYYYMMDDHHMM with a Z for UTC'],
    ['expiry-time', 'its expiry-time is no time'],
    ['hunter2', 'an option of 7 characters is not supported'],
  ])('is refused with the option %s', (option, problem) => {
    expect(problemOf(`${option} ${line}`)).toContain(problem);
  });

  it.each([
    ['expiry-time="20270131"', { expiresAt: Date.UTC(2027, 0, 31) }],
    ['expiry-time="20270131",Expiry-Time="20260131Z"', { expiresAt: Date.UTC(2026, 0, 31) }],
    ['restrict,from="10.0.0.0/8,!10.6.6.6"', { from: '10.0.0.0/8,!10.6.6.6' }],
    ['no-touch-required', { needsTouch: false }],
    ['verify-required,from="10.0.0.1"', { needsPin: true, from: '10.0.0.1' }],
  ])('is limited by %s', (option, limits) => {
    expect(parseAuthorizedKeys([`${option} ${line}`]).keys[0]?.limits).toEqual([limits]);
  });

  it('is limited by one of its lines, if each has limits', () => {
    const { keys } = parseAuthorizedKeys([`from="10.0.0.1" ${line}`, `expiry-time="20270131" ${line}`]);
    expect(keys[0]?.limits).toEqual([{ from: '10.0.0.1' }, { expiresAt: Date.UTC(2027, 0, 31) }]);
  });

  it.each([
    [`from="10.0.0.1" ${line}`, line],
    [line, `from="10.0.0.1" ${line}`],
  ])('is not limited when one of its lines has no limits, which is named', (one, other) => {
    const { keys, ignored } = parseAuthorizedKeys([one, other]);
    expect(keys[0]?.limits).toContainEqual({});
    expect(keys[0]?.options).toBeUndefined();
    expect(ignored.map(({ problem }) => problem)).toEqual([expect.stringContaining('have no effect')]);
  });

  it('is taken without options that allow what Gitkube does not have, and they are named', () => {
    const options = 'restrict,pty,environment="A=b c, d",permitopen="h:1",permitopen="h:2"';
    const { keys, ignored } = parseAuthorizedKeys([`${options} ${line}`]);
    expect(keys).toHaveLength(1);
    expect(ignored).toEqual([
      {
        line: expect.stringMatching(/^entry 1 \(ssh-ed25519, \d+ characters\)$/),
        problem: '3 options without effect: pty, environment, permitopen',
      },
    ]);
  });

  it('is refused when the quotes of an option are not closed', () => {
    expect(problemOf(`command="x ${line}`)).toMatch(/quotation mark/);
  });

  it('that is a private key is named as one, and nothing of it is shown', () => {
    const pem =
      '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjE\nAAAABG5vbmU\n-----END OPENSSH PRIVATE KEY-----\n';
    const { keys, problems } = parseAuthorizedKeys([`${pem}${line}`]);
    expect(keys).toHaveLength(1);
    expect(problems).toEqual([
      { line: 'entry 1, line 1 (35 characters)', problem: expect.stringMatching(/^this is a private key: /) },
    ]);
  });

  it.each([
    ['hunter2hunter2', 'entry 2 (14 characters)'],
    ['AKIAHUNTER2 hunter2', 'entry 2 (19 characters)'],
    ['ssh-hunter2 hunter2', 'entry 2 (19 characters)'],
    [`ssh-rsa hunter2`, 'entry 2 (ssh-rsa, 15 characters)'],
    ['sk-ssh-ed25519@openssh.com hunter2', 'entry 2 (sk-ssh-ed25519@openssh.com, 34 characters)'],
    ['# me\nhunter2 ssh-rsa x', 'entry 2, line 2 (ssh-rsa, 17 characters)'],
  ])('that is no usable key is named by its place, its type and its length: %j', (entry, place) => {
    const { problems } = parseAuthorizedKeys([line, entry]);
    expect(problems.map((one) => one.line)).toEqual([place]);
    expect(JSON.stringify(problems).toLowerCase()).not.toContain('hunter2');
  });

  it('has a comment without control characters', () => {
    const { keys } = parseAuthorizedKeys([`${line} a\u001b[31mna\u0007 b`]);
    expect(keys[0]?.comment).toBe('ana\ufffd b');
  });
});

describe('whatever is in authorizedKeys', () => {
  const anyText = fc.string({
    unit: fc.oneof(fc.constantFrom(...'"\'\\ =,\n\r#-'), fc.string({ unit: 'binary', maxLength: 1 })),
  });

  it('it causes no exception, and no problem shows any of a line', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            anyText,
            anyText.map((text) => `${text} ${line}`),
          ),
          { maxLength: 4 },
        ),
        (entries) => {
          const place = /^entry \d(?:, line \d+)? \((?:ssh-ed25519, )?\d+ characters?\)$/;
          for (const { line } of parseAuthorizedKeys(entries).problems) expect(line).toMatch(place);
        },
      ),
    );
  });

  it('a key with other bytes is another key or none', () => {
    const blob = Buffer.from(rsa.base64, 'base64');
    fc.assert(
      fc.property(fc.nat(blob.length - 1), fc.integer({ min: 1, max: 255 }), (index, flip) => {
        const changed = Buffer.from(blob);
        changed[index] = (changed[index] ?? 0) ^ flip;
        const { keys } = parseAuthorizedKeys([`ssh-rsa ${changed.toString('base64')}`]);
        for (const key of keys) expect(key.fingerprint).not.toBe(rsa.fingerprint);
      }),
    );
  });

  it('bytes after a valid type are a key or a problem', () => {
    const types = Object.values(sshKeys).map(({ type }) => type);
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.uint8Array({ maxLength: 300 }), (type, bytes) => {
        const length = Buffer.alloc(4);
        length.writeUInt32BE(type.length);
        const blob = Buffer.concat([length, Buffer.from(type), bytes]);
        const { keys, problems } = parseAuthorizedKeys([`${type} ${blob.toString('base64')}`]);
        expect(keys.length + problems.length).toBe(1);
      }),
    );
  });
});

/** A nistp256 key that says nistp384 inside. */
function curveSwapped(): string {
  const blob = Buffer.from(sshKeys.ecdsa256.base64, 'base64').toString('latin1');
  return Buffer.from(blob.replace(/nistp256(?!.*nistp256)/s, 'nistp384'), 'latin1').toString('base64');
}

/** A key on a security token that is for nothing. */
function withoutApplication(): string {
  const blob = Buffer.from(sshKeys.ed25519Sk.base64, 'base64');
  return Buffer.concat([blob.subarray(0, -8), Buffer.alloc(4)]).toString('base64');
}

/** A nistp256 key whose point is not on the curve. */
function offCurve(): string {
  const blob = Buffer.from(sshKeys.ecdsa256.base64, 'base64');
  blob.writeUInt8(blob.readUInt8(blob.length - 1) ^ 1, blob.length - 1);
  return blob.toString('base64');
}
