/** Names of variables whose values are nobody's business. */
export const secretVariable = /pass|pwd|token|secret|key|auth|cred|private|salt/i;

/** Names of fields, of whatever API, that have a secret itself: `secretName` and `secretKeyRef` have the name of one. */
export const secretField =
  /(?:pass(?:word|wd|phrase)|pwd|token|secret|credentials?|(?:api|secret|private|access|signing|encryption)[-_.]?key)$/i;
