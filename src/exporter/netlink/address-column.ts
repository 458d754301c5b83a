import { IPV4_MAPPED } from '../../flow/ip-address.ts';
import type { AttributeCursor } from './cursor.ts';

/* Columns of addresses have four words a row, IPv4 mapped into IPv6. */

/** Sets an IPv4 address in a row that has no address. */
export function writeIPv4(column: Uint32Array, row: number, address: number): void {
  column[4 * row + 2] = IPV4_MAPPED;
  column[4 * row + 3] = address;
}

/** Sets the IPv6 address that an attribute has. */
export function writeIPv6(column: Uint32Array, row: number, address: AttributeCursor): void {
  for (let word = 0; word < 4; word++) column[4 * row + word] = address.wordAt(word);
}
