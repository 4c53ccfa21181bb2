import type { Socket } from 'node:net';

/** The same to look at from outside, whichever of the two it is. */
export interface Victim {
  readonly name: 'control' | 'Gitkube';
  readonly pid: number;
  /** `/<namespace>/app`, of somebody whose key and token the attacker has. */
  readonly path: string;
  readonly token: string;
  readonly keyFile: string;
  /** What somebody else has on the same server. */
  readonly other: Neighbor;
  /** A commit that both have; refs/heads/main points at it. */
  readonly main: string;
  /** A file of this machine that no repository has. */
  readonly secret: { readonly file: string; readonly content: string };
  /** The working copy that it is from. */
  readonly folder: string;
  readonly sshPort: number;
  /** Where the repository at `path` is on this machine, for what no answer shows. */
  repository(path?: string): string;
  /** What is below holds repositories, and what they are made of. */
  readonly data: string;
  /** A connection to the port of git over HTTP, where Gitkube's is inside of TLS. */
  connectHttp(): Promise<Socket>;
  /** That of git, with a username and a password in it or not. */
  url(path: string, token?: string): string;
  /** What git needs to trust it. */
  readonly env: Record<string, string>;
  /** Everything it has logged. */
  log(): string;
  /** Has a registry asked whether it takes a user and a password. @returns what is said about it */
  useRegistry(host: string): Promise<string>;
  /** Whether its process runs and serves somebody with a right token. */
  serves(): Promise<boolean>;
}

export interface Neighbor {
  /** Its namespace is the one of the attacker without the last letter. */
  readonly path: string;
  readonly keyFile: string;
}
