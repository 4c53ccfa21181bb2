import type { Script } from './scripts.ts';

/** `differs`: Gitkube does something else. `inapplicable`: the test is about something that Gitkube is not there for. */
export type Kind = 'differs' | 'inapplicable';

export interface Reason {
  readonly kind: Kind;
  readonly why: string;
  /** What the script prints where the test fails for this reason, and for no other one. */
  readonly shows?: RegExp;
}

export interface Expectation {
  readonly script: Script;
  /** In the version below; others may count otherwise. */
  readonly number: number;
  readonly title: string;
  readonly reason: Reason;
}

/** Whose tests these are. */
export const expectedOf = '2.39.5';

const keepAlive: Reason = {
  kind: 'differs',
  why: 'Answers also have `keep-alive: timeout=5, max=1000`, by which a client knows how long it may use its connection. All other fields, and their order, are those of git http-backend.',
  // Nothing else is in the difference.
  shows: /^\+\+\+ actual\.smudged.*\n(?:(?:@@| ).*\n|\+< keep-alive: timeout=5, max=1000\n)+not ok/m,
};
const pushOptions: Reason = {
  kind: 'differs',
  why: 'A repository cannot turn push options off: `dry-run`, `skip-deploy` and others are those of Gitkube.',
  shows: /^test_must_fail: command succeeded: .*--push-option=asdf/m,
};
const reflog: Reason = {
  kind: 'differs',
  why: 'git http-backend writes the user and the host of a push into the reflog. Repositories of Gitkube keep none: who has pushed is in the records of deploys.',
  shows: /^-anonymous <anonymous@http\.127\.0\.0\.1>$/m,
};
const certificates: Reason = {
  kind: 'differs',
  why: 'Gitkube asks for no push certificates, as the key or the token says who pushes. Where a repository does, as here, git verifies the nonce, and has no keyring for the signature.',
  shows: /^\+STATUS=N\n NONCE_STATUS=OK$/m,
};
const http2: Reason = { kind: 'inapplicable', why: 'HTTP/2: the door speaks HTTP/1.1.' };
const environment: Reason = { kind: 'inapplicable', why: 'Apache sets environment variables of git there.' };
const fields: Reason = { kind: 'inapplicable', why: 'Apache sends or demands header fields there.' };
const program: Reason = { kind: 'inapplicable', why: 'A program of Apache answers there in place of git.' };
const files: Reason = {
  kind: 'inapplicable',
  why: 'Files of the repository, or packs beside it, are fetched without a service of git (dumb HTTP, packfile URIs).',
};

function of(script: Script, tests: readonly (readonly [number, string, Reason])[]): Expectation[] {
  return tests.map(([number, title, reason]) => ({ script, number, title, reason }));
}

/** All other tests pass. */
export const expected: readonly Expectation[] = [
  ...of('t5541-http-push-smart', [
    [29, 'http push gives sane defaults to reflog', reflog],
    [30, 'http push respects GIT_COMMITTER_* in reflog', environment],
    [37, 'push with post-receive to inspect certificate', certificates],
    [42, 'report error server does not provide ref status', program],
  ]),
  ...of('t5545-push-options', [[11, 'push option denied properly by http server', pushOptions]]),
  ...of('t5551-http-fetch-smart', [
    [1, 'enable client-side http/2', http2],
    [5, 'clone http repository', keepAlive],
    [22, 'invalid Content-Type rejected', program],
    [24, 'smart clone respects namespace', environment],
    [25, 'dumb clone via http-backend respects namespace', files],
    [26, 'cookies stored in http.cookiefile when http.savecookies set', fields],
    [35, 'custom http headers', fields],
    [42, 'server-side error detected', program],
  ]),
  ...of('t5581-http-curl-verbose', [[2, 'failure in git-upload-pack is shown', program]]),
  ...of('t5702-protocol-v2', [
    [48, 'clone repository with http:// using protocol v2 with incomplete pktline length', program],
    [49, 'clone repository with http:// using protocol v2 with incomplete pktline body', program],
    [54, 'fetch from namespaced repo respects namespaces', environment],
    [57, 'when server sends "ready", expect DELIM', program],
    [58, 'when server does not send "ready", expect FLUSH', program],
    [59, 'part of packfile response provided as URI', files],
    [60, 'packfile URIs with fetch instead of clone', files],
    [61, 'fetching with valid packfile URI but invalid hash fails', files],
    [62, 'packfile-uri with transfer.fsckobjects', files],
    [64, 'packfile-uri with transfer.fsckobjects succeeds when .gitmodules is separate from tree', files],
    [65, 'packfile-uri with transfer.fsckobjects fails when .gitmodules separate from tree is invalid', files],
    [66, 'packfile-uri path redacted in trace', files],
    [67, 'packfile-uri path not redacted in trace when GIT_TRACE_REDACT=0', files],
    [69, 'http:// --negotiate-only without wait-for-done support', program],
  ]),
];
