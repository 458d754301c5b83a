import { networkInterfaces } from 'node:os';
import type { ListenAddress } from './listen-address.ts';

const isAnyAddress = (host: string): boolean => host === '0.0.0.0' || host === '::';

/**
 * What to know about DTLS on all addresses of a host that has several; undefined elsewhere. Its socket
 * answers from the address that the routing table chooses, and Node cannot choose another.
 */
export function severalAddressesNote(
  { protocol, host }: ListenAddress,
  interfaces = networkInterfaces(),
): string | undefined {
  if (protocol !== 'dtls' || !isAnyAddress(host)) return undefined;
  const addresses = Object.values(interfaces).flatMap((link) => link ?? []);
  const outside = addresses.filter(
    ({ internal, family, address }) =>
      !internal && !address.startsWith('fe80:') && (host === '::' || family === 'IPv4'),
  );
  const most = Math.max(
    ...['IPv4', 'IPv6'].map((name) => outside.filter(({ family }) => family === name).length),
  );
  if (most < 2) return undefined;
  return `this host has ${outside.length} addresses, and answers over DTLS leave from the one that its routing table chooses; if exporters use another, listen on that one`;
}
