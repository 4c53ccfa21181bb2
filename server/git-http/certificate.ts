import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';

/** A kubelet brings a Secret that was changed within a minute or two. */
const lookMs = 15_000;

/** A certificate and its key, as a Secret of type kubernetes.io/tls is mounted. @throws ConfigInvalid */
export async function readCertificate(folder: string): Promise<SecureContextOptions> {
  try {
    const [cert, key] = await Promise.all(['tls.crt', 'tls.key'].map((name) => readFile(join(folder, name))));
    const options: SecureContextOptions = { cert, key, minVersion: 'TLSv1.2' };
    createSecureContext(options);
    return options;
  } catch (cause) {
    throw new GitkubeError(
      'ConfigInvalid',
      `the certificate in ${folder} cannot be used: ${asGitkubeError(cause).message}`,
      {
        hint: 'mount a Secret of type kubernetes.io/tls there: GITKUBE_GIT_HTTPS_CERTIFICATE',
        cause,
      },
    );
  }
}

export interface FollowOptions {
  /** What is used now. */
  readonly used: SecureContextOptions;
  readonly folder: string;
  readonly onChange: (options: SecureContextOptions) => void;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Reports each certificate that takes the place of the one before. One that cannot be used is logged, and the old one stays. */
export async function followCertificate({ used, folder, onChange, clock, log, signal }: FollowOptions): Promise<void> {
  let known = used;
  let said = '';
  while (!signal.aborted) {
    await clock.delay(lookMs, signal).catch(() => {});
    if (signal.aborted) return;
    try {
      const found = await readCertificate(folder);
      if (String(found.cert) === String(known.cert) && String(found.key) === String(known.key)) continue;
      onChange(found);
      log.info({ folder }, 'a new certificate is used');
      [known, said] = [found, ''];
    } catch (thrown) {
      const { message } = asGitkubeError(thrown);
      if (message !== said) log.error({ folder, why: message }, 'the certificate has changed and cannot be used');
      said = message;
    }
  }
}
