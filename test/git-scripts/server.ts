/** Started by replaced/lib-httpd.sh: the door for the repositories of one script. Prints its port, and ends with its input. */
import { text } from 'node:stream/consumers';
import { AddressList } from '../../base/address-list.ts';
import { systemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import { type GitHttpOptions, GitHttpServer } from '../../server/git-http/git-http-server.ts';
import { password, standInFront } from './front.ts';
import { ScriptsGateway } from './gateway.ts';

const root = process.argv[2] ?? '';
const gateway = new ScriptsGateway(root);
standInFront(root);

const principal = { fingerprint: 'token:scripts', name: 'scripts' };
const parts = {
  remotes: { entry: (id: string) => ({ remote: { id } }), judged: async () => {} },
  tokens: { principalOf: async (_: unknown, given: string) => (given === password ? principal : undefined) },
  trust: { judge: async () => ({ kind: 'invalid', message: 'nobody else is trusted' }) },
  audit: { refused: () => {} },
} as unknown as Pick<GitHttpOptions, 'remotes' | 'tokens' | 'trust' | 'audit'>;

const proxies = AddressList.read('127.0.0.1');
if (typeof proxies === 'string') throw new Error(proxies);
const server = new GitHttpServer({
  ...parts,
  git: gateway.asGateway(),
  proxies,
  urlForm: () => 'https://git.example.com/<namespace>/<remote>',
  maxConnections: 100,
  maxOfToken: 20,
  unreadMs: 60_000,
  clock: systemClock,
  log: silentLogger,
});
console.log(await server.listen('127.0.0.1', 0));
await text(process.stdin);
await server.close(0);
