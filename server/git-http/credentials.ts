/**
 * The token of an `Authorization` header: the password of Basic, whatever the user is called, or that of Bearer.
 * @returns undefined: there is none
 */
export function tokenOf(header: string | undefined): string | undefined {
  const [, scheme = '', value = ''] = /^(Basic|Bearer) +([A-Za-z0-9+/=._~-]{1,8192})$/i.exec(header ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return value;
  if (scheme === '') return undefined;
  const text = Buffer.from(value, 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 || colon === text.length - 1 ? undefined : text.slice(colon + 1);
}
