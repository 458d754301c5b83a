import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';

/** Maximum characters of a DNS name, and of one of its labels (RFC 1035 section 2.3.4). */
const MAX_NAME = 253;
const label = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/i;

/**
 * Whether a text can be a name in a certificate. It is a DNS name, which may begin with `*.`, or an IP
 * address without a zone.
 */
export function isSubjectName(text: string): boolean {
  if (isIP(text) !== 0) return !text.includes('%');
  if (/^[\d.]+$/.test(text) || text.length > MAX_NAME) return false;
  return text
    .replace(/^\*\./, '')
    .split('.')
    .every((part) => label.test(part));
}

/**
 * The names and addresses under which others reach this host, then those under which it reaches itself.
 * Link-local addresses are left out: they mean another host on another link.
 */
export function namesOfThisHost(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  const reachable = addresses
    .filter(({ address, internal }) => !internal && !/^(fe80|169\.254\.)/i.test(address))
    .map(({ address }) => address);
  const all = [hostname(), ...reachable, 'localhost', '127.0.0.1', '::1'];
  return [...new Set(all)].filter(isSubjectName);
}
