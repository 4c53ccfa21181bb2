import type { Command } from '../../commands/command.ts';
import { serve } from '../git-channel.ts';
import { refuseInPackets } from '../refusal.ts';
import { remoteOf } from './path-argument.ts';
import type { SshScope } from './ssh-scope.ts';

/** `git push` */
export const gitReceivePack: Command<SshScope> = {
  pattern: /^git[- ]receive-pack (.+)$/s,
  isPush: true,
  refuse: refuseInPackets,
  run: async (match, { principal, wire, socket, left, unreadMs, backend }) => {
    const { remote, service, received, relay, lastLines } = await backend.push(
      remoteOf(match, backend.urlForm),
      principal,
    );
    await serve(service, wire, {
      socket,
      urlForm: backend.urlForm,
      remote,
      left,
      received,
      relay,
      unreadMs,
      lastLines,
    });
  },
};
