import { isIP } from 'node:net';

/** Whether a text can be an item of `allowedClients`: a name, an address, or a name that begins with `*.` */
export const isNamePattern = (text: string): boolean =>
  isIP(text) !== 0 || (/^(\*\.)?[^\s*,]+$/.test(text) && text.length <= 253);

/**
 * Whether one of a certificate's names is allowed. `*.` stands for exactly one label, as in certificates. A
 * certificate for `*.example.org` is no certificate for each of these names here.
 */
export function isAllowed(names: readonly string[], patterns: readonly string[]): boolean {
  const allowed = new Set(patterns.map(comparableName));
  return names.map(comparableName).some((name) => {
    if (allowed.has(name)) return true;
    const [label = '', ...rest] = name.split('.');
    return label !== '' && label !== '*' && isIP(name) === 0 && allowed.has(`*.${rest.join('.')}`);
  });
}

/** One text for each name and each address: DNS has no case, and IPv6 has many spellings. */
function comparableName(name: string): string {
  if (isIP(name) !== 6) return name.toLowerCase();
  return new URL(`http://[${name.split('%')[0]}]`).hostname.slice(1, -1);
}
