import { AddressList } from '../../base/address-list.ts';
import { GitkubeError } from '../../base/errors.ts';
import { LastUses } from '../access/tokens/last-uses.ts';
import { Tokens } from '../access/tokens/tokens.ts';
import { Issuers } from '../access/trust/issuers.ts';
import { ServiceAccounts } from '../access/trust/service-accounts.ts';
import { Trust } from '../access/trust/trust.ts';
import { splitAddress } from '../address/public-address.ts';
import { followCertificate, readCertificate } from '../git-http/certificate.ts';
import { GitHttpServer } from '../git-http/git-http-server.ts';
import { sshLimits } from '../limits.ts';
import type { ListenParts } from './front.ts';
import type { ServerOptions } from './options.ts';

type Parts = Pick<ListenParts, 'kube' | 'gateways' | 'remotes' | 'address' | 'audit' | 'status'>;

/** Serves git over HTTPS, where the operator wants that. @returns the door @throws ConfigInvalid */
export async function serveGitHttp(
  { config, clock, log }: Pick<ServerOptions, 'config' | 'clock' | 'log'>,
  { kube, gateways, remotes, address, audit, status }: Parts,
  stack: AsyncDisposableStack,
): Promise<Pick<GitHttpServer, 'close'> | undefined> {
  const { GITKUBE_GIT_HTTPS_LISTEN: listen, GITKUBE_GIT_HTTPS_CERTIFICATE: folder } = config;
  const proxies = proxiesIn(config.GITKUBE_GIT_HTTPS_PROXIES);
  if (listen === undefined) return undefined;
  if (folder === undefined && !proxies) {
    throw new GitkubeError('ConfigInvalid', 'git over HTTPS has neither a certificate nor a proxy', {
      hint: 'set GITKUBE_GIT_HTTPS_CERTIFICATE to a folder with tls.crt and tls.key, or GITKUBE_GIT_HTTPS_PROXIES to who ends TLS',
    });
  }
  const certificate = folder === undefined ? undefined : await readCertificate(folder);
  const server = new GitHttpServer({
    git: gateways.git,
    remotes,
    tokens: new Tokens({ kube, clock, uses: new LastUses({ status, clock }) }),
    trust: makeTrust({ config, clock, log }, { kube, remotes }),
    audit,
    certificate,
    proxies,
    urlForm: () => address.httpsForm,
    maxConnections: config.GITKUBE_MAX_CONNECTIONS,
    maxOfToken: config.GITKUBE_MAX_CONNECTIONS_PER_KEY,
    unreadMs: sshLimits(config).unreadMs,
    clock,
    log,
  });
  const { host, port } = splitAddress(listen);
  const gitHttpsPort = await server.listen(host, port);
  if (folder !== undefined && certificate) {
    const over = new AbortController();
    stack.defer(() => over.abort());
    void followCertificate({
      used: certificate,
      folder,
      onChange: (found) => server.use(found),
      clock,
      log,
      signal: over.signal,
    });
  }
  log.info({ gitHttpsPort }, 'git is served over HTTPS');
  return server;
}

function makeTrust(
  { config, clock, log }: Pick<ServerOptions, 'config' | 'clock' | 'log'>,
  { kube, remotes }: Pick<Parts, 'kube' | 'remotes'>,
): Trust {
  const issuers = new Issuers(config.GITKUBE_TRUSTED_ISSUERS, { clock, log });
  const isOn = config.GITKUBE_SERVICE_ACCOUNT_TOKENS === 'on';
  return new Trust({ issuers, remotes, clock, ...(isOn && { accounts: new ServiceAccounts({ kube, clock, log }) }) });
}

function proxiesIn(text: string | undefined): AddressList | undefined {
  const list = text === undefined ? undefined : AddressList.read(text);
  return typeof list === 'string' ? undefined : list;
}
