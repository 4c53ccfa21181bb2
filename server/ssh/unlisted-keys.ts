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
        return [`gitkube: no Remote lists the key ${fingerprint}`, ...(isFirst ? whatToDo : [])];
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

/** Nothing is known of who this is: it may be the wrong key of somebody who has another one, or a key that is new. */
const whatToDo = [
  'hint: to see which file that key is in, type: for f in ~/.ssh/*.pub; do echo "$f $(ssh-keygen -lf "$f")"; done',
  'hint: to list the keys in the agent, type: ssh-add -l',
  "hint: to use another key, type: export GIT_SSH_COMMAND='ssh -i <file> -o IdentitiesOnly=yes'",
  'hint: or set IdentityFile <file> and IdentitiesOnly yes for this host in ~/.ssh/config',
  'hint: to have this key added, send <file>.pub to an owner of the Remote, who types: gitkube remote keys add <namespace>/<remote> <file>.pub',
];
