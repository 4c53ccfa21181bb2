import { GitkubeError } from '../../base/errors.ts';
import { type Io, readStdin } from '../io.ts';
import type { Asker } from '../prompts.ts';
import { dockerConfigFile, dockerLogin, type Login } from './docker-config.ts';

export interface RegistryFlags {
  readonly registry?: string;
  readonly registryUser?: string;
  readonly registryPasswordStdin?: boolean;
  readonly registrySecret?: string;
  readonly createSecret?: boolean;
}

export interface RegistryAnswer {
  /** spec.registry; undefined: the default of the server. */
  readonly spec?: { readonly url: string; readonly credentials?: { readonly secretRef: string } };
  /** The Secret that the Remote names. */
  readonly secret?: { readonly name: string; readonly host: string; readonly login: Partial<Login> };
}

interface Setting {
  readonly asker: Asker;
  readonly io: Io;
  readonly remoteName: string;
}

export async function askRegistry(flags: RegistryFlags, { asker, io, remoteName }: Setting): Promise<RegistryAnswer> {
  const choice = await asker.choice({
    flag: '--registry',
    given: flags.registry,
    message: 'Where do images go?',
    choices: [
      { value: 'default', name: 'the default registry of the server' },
      { value: 'docker.io', name: 'Docker Hub' },
      { value: 'other', name: 'another registry' },
    ],
  });
  if (choice === '' || choice === 'default') return {};
  const typed =
    choice === 'other'
      ? await asker.text({
          flag: '--registry',
          given: undefined,
          message: 'Its address, host[:port][/path]',
          problem: (url) =>
            /^[\w.-]+(:\d+)?(\/[\w./-]+)?$/.test(url) ? undefined : 'write it as registry.example.com/team',
        })
      : choice;
  const [host = ''] = typed.split('/');
  const stored = await dockerLogin(dockerConfigFile(io.env), host);
  if (stored && !flags.registryUser) io.note(`using the login of ${stored.username} at ${host} that docker stored`);
  const account = typed === 'docker.io' ? await askUser(flags, asker, stored) : undefined;
  const url = account ? `docker.io/${account}` : typed;
  const name = await asker.text({
    flag: '--registry-secret',
    given: flags.registrySecret,
    message: 'The Secret with its credentials, empty when it needs none',
    initial: `${remoteName}-regsecret`,
    scripted:
      host === 'docker.io' || stored || flags.registryUser || flags.createSecret ? `${remoteName}-regsecret` : '',
  });
  if (name === '') return { spec: { url } };
  const username = flags.registryUser ?? account ?? stored?.username;
  const login = await findLogin(flags, io, stored, username);
  return { spec: { url, credentials: { secretRef: name } }, secret: { name, host, login } };
}

function askUser(flags: RegistryFlags, asker: Asker, stored: Login | undefined): Promise<string> {
  return asker.text({
    flag: '--registry-user',
    given: flags.registryUser ?? stored?.username,
    message: 'The account at Docker Hub',
    problem: (user) => (user === '' ? 'images on Docker Hub belong to an account' : undefined),
  });
}

async function findLogin(
  flags: RegistryFlags,
  io: Io,
  stored: Login | undefined,
  username: string | undefined,
): Promise<Partial<Login>> {
  if (flags.registryPasswordStdin) {
    const password = (await readStdin(io)).replace(/\r?\n$/, '');
    if (password === '') throw new GitkubeError('UsageInvalid', 'stdin has no password in it');
    return { ...(username ? { username } : {}), password };
  }
  if (stored && stored.username === username) return stored;
  return username ? { username } : {};
}
