import { WeirError } from '../../runtime/index.ts';
import {
  type AvailableTransport,
  availableTransports,
  DEFAULT_PORT,
  isAvailableTransport,
  transportNames,
} from '../transport-kind.ts';

/** Where a collector listens. */
export interface ListenAddress {
  readonly protocol: AvailableTransport;
  /**
   * An address of this host, IPv6 without brackets; `::` means all addresses of both families. Or the path of
   * a Unix socket, whose port is 0.
   */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/**
 * Parses a listen address: tcp://127.0.0.1:4739, udp://[::]; port 4739 when it has none.
 * @throws {WeirError} WEIR_LISTEN_ADDRESS_INVALID, WEIR_TRANSPORT_NOT_YET
 */
export function parseListenAddress(text: string): ListenAddress {
  const parts =
    /^(?<protocol>[a-z]+):\/\/(?:\[(?<v6>[0-9a-fA-F:.]+(?:%.+)?)\]|(?<name>[^:[\]/]+))(?::(?<port>\d{1,5}))?$/.exec(
      text.trim(),
    )?.groups;
  const port = Number(parts?.port ?? DEFAULT_PORT);
  const protocol = transportNames.find((name) => name === parts?.protocol);
  if (parts === undefined || port > 65535 || protocol === undefined) {
    throw new WeirError(
      'WEIR_LISTEN_ADDRESS_INVALID',
      `listen address: expected PROTOCOL://ADDRESS[:PORT], PROTOCOL one of ${availableTransports.join(', ')}, PORT from 0 to 65535, found "${text}"`,
      { remedy: 'Write for example tcp://127.0.0.1:4739 or udp://[::]:4739' },
    );
  }
  if (!isAvailableTransport(protocol)) {
    throw new WeirError(
      'WEIR_TRANSPORT_NOT_YET',
      `listen address ${text}: Weir does not collect over ${protocol} yet`,
      { remedy: `Use ${availableTransports.join(' or ')}` },
    );
  }
  return { protocol, host: parts.v6 ?? parts.name!, port };
}

/** An end of a transport session as text: 192.0.2.1:4739, [2001:db8::1]:4739. */
export function formatEnd(host: string, port: number): string {
  if (host.startsWith('/')) return host;
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** A listen address as in the configuration: tcp://192.0.2.1:4739, unix:/run/weir/ipfix.sock. */
export function formatListen({ protocol, host, port }: ListenAddress): string {
  return host.startsWith('/') ? `unix:${host}` : `${protocol}://${formatEnd(host, port)}`;
}

/** The address without the prefix that maps an IPv4 peer into IPv6 on a socket for both families. */
export const plainAddress = (address: string): string =>
  address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
