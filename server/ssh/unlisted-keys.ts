const maxKnown = 1000;

/**
 * Keys that no Remote lists. Who has no other one has to read which it was; an agent offers all that it has before the right
 * one, and its owner should not read of them at each push. So a key is silent once its owner came in with another one.
 */
export class UnlistedKeys {
  /** The oldest first. */
  readonly #silent = new Set<string>();

  /** For one connection. */
  open(): { readonly lines: (fingerprint: string) => string[]; readonly loggedIn: () => void } {
    const offered = new Set<string>();
    return {
      lines: (fingerprint) => {
        if (offered.has(fingerprint)) return [];
        const isFirst = offered.size === 0;
        offered.add(fingerprint);
        if (this.#silent.has(fingerprint)) return [];
        return [`gitkube: no Remote lists the key ${fingerprint}`, ...(isFirst ? [whatToDo] : [])];
      },
      loggedIn: () => {
        for (const fingerprint of offered) this.#silence(fingerprint);
      },
    };
  }

  #silence(fingerprint: string): void {
    this.#silent.delete(fingerprint);
    this.#silent.add(fingerprint);
    const [oldest] = this.#silent;
    if (this.#silent.size > maxKnown && oldest !== undefined) this.#silent.delete(oldest);
  }
}

const whatToDo =
  'hint: ask an owner of the Remote to type: gitkube remote keys add <namespace>/<remote> <file of the public key>';
