import { AnsweringServers } from '../support/answering.ts';
import { type Attack, fell, type Surface, stood } from './attack.ts';

/** @param answer of the registry, by the port of what an attacker wants to be reached on this machine */
function registryThat(
  incident: string,
  what: string,
  answer: (port: string) => { readonly status: number; readonly headers: Record<string, string> },
): Attack {
  return {
    incident,
    what,
    async attempt(victim) {
      const servers = new AnsweringServers();
      try {
        const reached: string[] = [];
        const inside = await servers.serve(({ headers }) => {
          reached.push(headers.authorization ? 'with the password' : 'without a password');
          return { status: 200, body: '{"token":"x"}' };
        });
        let asked = 0;
        const hostile = await servers.serve(() => {
          asked++;
          return answer(inside.split(':')[1] ?? '');
        });
        const said = await victim.useRegistry(hostile);
        if (asked === 0) throw new Error(`the registry was not asked:\n${said}`);
        if (reached.length > 0) return fell(`asks what is inside, ${reached[0]}`);
        return stood(/error: the registry \S+ ([^\n,]*)/.exec(said)?.[1] ?? said);
      } finally {
        servers.close();
      }
    },
  };
}

const realm = (url: string) => ({ status: 401, headers: { 'www-authenticate': `Bearer realm="${url}",service="x"` } });

export const registry: Surface = {
  name: 'registry',
  attacks: [
    registryThat('CVE-2020-15157 (containerd)', 'a token service on another port of the loopback address', (port) =>
      realm(`http://127.0.0.1:${port}/token`),
    ),
    registryThat('CWE-918: IPv4 inside of IPv6', 'the same as [::ffff:127.0.0.1]', (port) =>
      realm(`http://[::ffff:127.0.0.1]:${port}/token`),
    ),
    registryThat('CWE-918: a number for an address', 'the same as 2130706433', (port) =>
      realm(`http://2130706433:${port}/token`),
    ),
    registryThat('CWE-918: a redirect', 'a redirect to another port of the loopback address', (port) => ({
      status: 307,
      headers: { location: `http://127.0.0.1:${port}/latest/meta-data/` },
    })),
  ],
};
