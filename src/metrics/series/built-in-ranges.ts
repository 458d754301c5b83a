import type { NamedRange } from '../../flow/index.ts';

/** Ranges that every network has: RFC 6890, RFC 5771, RFC 4291, RFC 1918, RFC 4193 and RFC 6598. */
export const builtInRanges: readonly NamedRange[] = [
  { name: 'loopback', networks: ['127.0.0.0/8', '::1/128'] },
  { name: 'link-local', networks: ['169.254.0.0/16', 'fe80::/10'] },
  { name: 'multicast', networks: ['224.0.0.0/4', '255.255.255.255/32', 'ff00::/8'] },
  { name: 'private', networks: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'] },
  { name: 'cgnat', networks: ['100.64.0.0/10'] },
  { name: 'internet', networks: ['0.0.0.0/0', '::/0'] },
];
