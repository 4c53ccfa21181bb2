import { serve } from '../git-channel.ts';
import { refuseInPackets } from '../refusal.ts';
import type { Command } from './command.ts';
import { remoteOf } from './path-argument.ts';

/** `git fetch` and `git clone` */
export const gitUploadPack: Command = {
  pattern: /^git[- ]upload-pack (.+)$/s,
  refuse: refuseInPackets,
  run: async (match, { principal, channel, socket, left, protocol, backend }) => {
    const service = await backend.fetch(remoteOf(match, backend.urlForm), principal, protocol);
    await serve(service, channel, { socket, left, received: () => false });
  },
};
