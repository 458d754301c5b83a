/** Addresses as text, from and to the octets on the wire. */
import { formatAddress, isIPv4, parseAddress } from '../../flow/index.ts';

export function formatIPv4(octets: Uint8Array): string {
  return octets.join('.');
}

/** The canonical form of RFC 5952. */
export function formatIPv6(octets: Uint8Array): string {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const words = [0, 4, 8, 12].map((at) => view.getUint32(at));
  return isIPv4(words) ? `::ffff:${formatAddress(words)}` : formatAddress(words);
}

export function formatMac(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join(':');
}

/** The 4 or 16 octets of an address given as text. */
export function parseIP(text: string, octets: 4 | 16): Uint8Array {
  const words = parseAddress(text);
  if (words === undefined || (octets === 4 && !isIPv4(words))) {
    throw new RangeError(`expected an IPv${octets === 4 ? 4 : 6} address, found "${text}"`);
  }
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  for (const [i, word] of words.entries()) view.setUint32(i * 4, word);
  return bytes.subarray(16 - octets);
}

/** The octets of six hexadecimal numbers with colons between them. */
export function parseMac(text: string): Uint8Array {
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text)) {
    throw new RangeError(`expected a MAC address like 00:1b:44:11:3a:b7, found "${text}"`);
  }
  return Uint8Array.from(text.split(':'), (octet) => Number.parseInt(octet, 16));
}
