import { again, namingAgain } from '../../base/again.ts';
import { namingRemote } from '../../base/edit-remote.ts';
import { namingManifests } from '../../base/edit-workload.ts';
import type { GitkubeError } from '../../base/errors.ts';
import { namingServer, type WayToServer } from '../../base/server-hints.ts';
import { count, plain } from '../../base/text.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { DeployOutput, HeldObject } from './request.ts';

/** What a line is: `said` belongs to the stage before it, `evidence` to the error after it. */
export const lineKinds = ['stage', 'said', 'evidence', 'error', 'hint'] as const;

export interface OutputLine {
  readonly kind: (typeof lineKinds)[number];
  /** One line, without anything that a terminal would obey. */
  readonly text: string;
}

/** Called with each line as it comes: it must neither wait nor throw. */
export type OutputReader = (line: OutputLine) => void;

export interface OutputOptions {
  /** How the one who asked for the deploy reaches the server; unset: nobody knows. */
  readonly way?: () => WayToServer;
  /** Whether a push asked for it, and no command. */
  readonly isPush?: boolean;
  /** Where each reason is explained under its name; unset: nowhere. */
  readonly docsUrl?: string | undefined;
}

type DeployedRemote = Pick<Remote, 'namespace' | 'name' | 'manifests'> & Partial<Pick<Remote, 'environment'>>;

/**
 * What a deploy says, for any number of readers: the client of git is one, the record of the deploy another. Evidence comes
 * before the error and the error last, where the eye is when a push ends (docs/adr/0002).
 */
export class OutputLines implements DeployOutput {
  readonly #readers = new Set<OutputReader>();
  #remote: DeployedRemote;
  readonly #options: OutputOptions;
  #held: readonly HeldObject[] | undefined;

  /** @param remote that is deployed */
  constructor(remote: DeployedRemote, options: OutputOptions = {}) {
    this.#remote = remote;
    this.#options = options;
  }

  readonly readBy = (reader: OutputReader): (() => void) => {
    this.#readers.add(reader);
    return () => void this.#readers.delete(reader);
  };

  readonly stage = (line: string): void => this.#send('stage', this.#named(line));

  readonly say = (line: string): void => this.#send('said', this.#named(line));

  readonly manifestsHold = (objects: readonly HeldObject[]): void => {
    this.#held = objects;
  };

  /** It deploys to another environment than was known at first. */
  aim(remote: DeployedRemote): void {
    this.#remote = remote;
  }

  /** A line of another deploy, as it was said there. */
  relay({ kind, text }: OutputLine): void {
    this.#send(kind, text);
  }

  /** How a deploy ends that failed. @param id of the deploy, for the operator */
  failure(error: GitkubeError, id: string): void {
    for (const line of error.evidence) this.#send('evidence', this.#named(line));
    this.#send('error', error.message);
    const { docsUrl, isPush = true } = this.#options;
    const hint = (line: string) => this.#send('hint', this.#named(this.#ofManifests(namingAgain(line, isPush))));
    error.hint.forEach(hint);
    const saysSo = error.hint.some((line) => line.startsWith(again));
    if (error.kind === 'transient' && !saysSo) hint(`${again}: this may pass`);
    const what = isPush ? 'push' : 'deploy';
    if (error.kind === 'internal') hint(`ask the operator of Gitkube, with the id of this ${what}: ${id}`);
    if (docsUrl !== undefined) this.#send('hint', `more about this: ${docsUrl}#${error.reason.toLowerCase()}`);
  }

  #ofManifests(hint: string): string {
    const { manifests } = this.#remote;
    return manifests ? namingManifests(hint, manifests.path, this.#held) : hint;
  }

  /** A build prints lines, too: what Gitkube does not say itself has nothing to name. */
  #named(line: string): string {
    const named = namingRemote(line, this.#remote);
    const { way } = this.#options;
    return way ? namingServer(named, way()) : named;
  }

  #send(kind: OutputLine['kind'], text: string): void {
    const line = { kind, text: plain(text) };
    for (const reader of this.#readers) reader(line);
  }
}

const prefixes = { stage: '', said: '  ', evidence: '  | ', error: 'error: ', hint: 'hint: ' } as const;

/** Where lines in the middle of an output are missing. */
export function leftOutLine(lines: number): string {
  return `… ${count(lines, 'line')} left out …`;
}

/** A line as people read it. git colors `error:` and `hint:`. */
export function textOf({ kind, text }: OutputLine): string {
  return `${prefixes[kind]}${text}`;
}
