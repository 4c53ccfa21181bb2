import type { Principal } from '../access/principal.ts';
import type { RemoteName } from '../access/remote-name.ts';
import type { CommandBackend } from '../commands/backend.ts';
import type { PushService } from '../gateways/git-gateway.ts';
import type { GitProcess } from '../git/git-process.ts';

/** What the SSH server asks of the rest of Gitkube. */
export interface SshBackend extends CommandBackend {
  /** @throws RemoteUnknown, with the same words whether the Remote is missing or the key is not listed */
  fetch(name: RemoteName, principal: Principal, protocol: string | undefined): Promise<GitProcess>;
  /** Where the objects of Git LFS of a Remote are; undefined: it names no server. @throws as `fetch` */
  lfsUrl(name: RemoteName, principal: Principal, verb: 'send' | 'fetch'): Promise<string | undefined>;
  push(name: RemoteName, principal: Principal): Promise<PushService>;
  /** Lines for `ssh git@host` without a command. */
  greet(principal: Principal): readonly string[];
}
