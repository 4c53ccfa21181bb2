/** What a reader knows of the installation that the documentation does not. */
export interface Installation {
  /** host:port of the registry. */
  readonly registry: string;
  /** Where the server takes pushes. */
  readonly host: string;
  readonly port: number;
  /** A line of authorized_keys. */
  readonly publicKey: string;
  /** A file with values of the chart. */
  readonly values: string;
}

type Replacement = readonly [shown: string | RegExp, typed: string];

/** All that is typed, or expected, in another form than the documentation has it. */
export function replacements({ registry, host, port, publicKey, values }: Installation): readonly Replacement[] {
  return [
    // What every reader fills in: the registry, the key, the address of the server.
    ['registry.example.com/team', registry],
    [/ssh-ed25519 AAAA… \S+(?=\])/g, publicKey],
    ['ssh -p <port> git@<host>', `ssh -p ${port} git@${host}`],
    ['ssh git@dev.example.com', `ssh -p ${port} git@${host}`],
    ['dev.example.com', `${host}:${port}`],
    // What this machine's cluster lacks (test/cluster/README.md): a load balancer, TLS of the registry, networks in pods, DNS.
    ['gitkube install --image', `gitkube install --values ${values} --image`],
    ['{name: PGHOST, value: db}', '{name: PGHOST, value: $(DB_SERVICE_HOST)}'],
  ];
}

export function replaced(text: string, installation: Installation): string {
  return replacements(installation).reduce((all, [shown, typed]) => all.replaceAll(shown, () => typed), text);
}

/** Blocks that are not typed, and why. */
export const skipped: Readonly<Record<string, string>> = {
  'npm cit': 'it is the test suite, and takes twenty minutes',
};
