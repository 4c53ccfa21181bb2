/** Names of variables whose values are nobody's business. */
export const secretVariable = /pass|pwd|token|secret|key|auth|cred|private|salt/i;

/** Names of fields, of whatever API, that have a secret itself: `secretName` and `secretKeyRef` have the name of one. */
export const secretField =
  /(?:pass(?:word|wd|phrase)|pwd|token|secret|credentials?|(?:api|secret|private|access|signing|encryption)[-_.]?key)$/i;

/** Names of files, as keys of a ConfigMap have them, that are a secret as a whole: `tls.key`. */
export const secretFile = /[._-]key(?:\.pem)?$|\.(?:p12|pfx|jks|keystore)$|^id_(?:rsa|dsa|ecdsa|ed25519)$/i;
