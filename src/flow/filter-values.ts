import { type AddressRange, parseAddressRange } from './ip-address.ts';
import { portsOf } from './port-names.ts';

/** One end of a flow, as people write it and as tables print it. */
export type FlowEnd = ({ readonly range: AddressRange } | { readonly pod: string }) & {
  /** Any of these; undefined means every port. */
  readonly ports: readonly number[] | undefined;
};

/**
 * Reads an address, a CIDR or namespace/pod, with or without a port: 192.0.2.1:https, [2001:db8::1]:443,
 * shop/web-0:8080. IPv6 with a port needs its brackets. Undefined when the text is none of these.
 */
export function parseFlowEnd(text: string): FlowEnd | undefined {
  const range = parseAddressRange(text);
  if (range !== undefined) return { range, ports: undefined };
  const [, inBrackets, plain, port] = /^(?:\[(.+)\]|([^:]+))(?::(.*))?$/s.exec(text) ?? [];
  const host = hostOf(inBrackets, plain);
  const ports = port === undefined ? undefined : portsOf(port);
  if (host === undefined || (port !== undefined && ports === undefined)) return undefined;
  return { ...host, ports };
}

function hostOf(inBrackets: string | undefined, plain = '') {
  const range = parseAddressRange(inBrackets ?? plain);
  if (range !== undefined) return { range };
  return isPod(plain) ? { pod: plain } : undefined;
}

/** namespace/name. A namespace has no dots, so a mistyped CIDR is not taken for one. */
const isPod = (text: string): boolean => /^[^/.]+\/[^/]+$/.test(text);

const prefixes = ['', 'k', 'm', 'g', 't', 'p', 'e'];

/** Octets as a whole number or with a unit: 1500, 31.6 kB, 1MB, 4 MiB. Undefined when it is neither. */
export function parseOctets(text: string): number | undefined {
  const [, whole, number, prefix, binary] =
    /^(?:(\d+)|(\d+(?:\.\d+)?) ?(?:([kmgtpe])(i)?)?b)$/i.exec(text) ?? [];
  if (whole !== undefined) return Number(whole);
  if (number === undefined) return undefined;
  const base = binary === undefined ? 1000 : 1024;
  return Math.round(Number(number) * base ** prefixes.indexOf((prefix ?? '').toLowerCase()));
}
