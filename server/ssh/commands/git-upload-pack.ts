import type { Command } from '../../commands/command.ts';
import { serve } from '../git-channel.ts';
import { refuseInPackets } from '../refusal.ts';
import { remoteOf } from './path-argument.ts';
import type { SshScope } from './ssh-scope.ts';

/** `git fetch` and `git clone` */
export const gitUploadPack: Command<SshScope> = {
  pattern: /^git[- ]upload-pack (.+)$/s,
  refuse: refuseInPackets,
  run: async (match, { principal, wire, socket, left, protocol, backend }) => {
    const service = await backend.fetch(remoteOf(match, backend.urlForm), principal, protocol);
    await serve(service, wire, { socket, urlForm: backend.urlForm, left, received: () => false });
  },
};
