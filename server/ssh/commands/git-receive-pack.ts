import { serve } from '../git-channel.ts';
import { refuseInPackets } from '../refusal.ts';
import type { Command } from './command.ts';
import { remoteOf } from './path-argument.ts';

/** `git push` */
export const gitReceivePack: Command = {
  pattern: /^git[- ]receive-pack (.+)$/s,
  refuse: refuseInPackets,
  run: async (match, { principal, channel, socket, left, unreadMs, backend }) => {
    const { service, received, relay, lastLines } = await backend.push(remoteOf(match, backend.urlForm), principal);
    await serve(service, channel, { socket, left, received, relay, unreadMs, lastLines });
  },
};
