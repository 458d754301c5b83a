import { type Clock, WeirError } from '../../runtime/index.ts';
import type { TlsEnd } from '../../tls/index.ts';
import { type AvailableTransport, availableTransports, isAvailableTransport } from '../transport-kind.ts';
import { maxMessageOctets } from '../wire/index.ts';
import { type CollectorAddress, formatCollectorAddress } from './collector-address.ts';
import { DtlsTransport } from './dtls-transport.ts';
import { TcpTransport } from './tcp-transport.ts';
import { TlsTransport } from './tls-transport.ts';
import type { Transport } from './transport.ts';
import { UdpTransport } from './udp-transport.ts';

/** RFC 7011 section 10.3.3 allows no more when nothing is known about the path. */
const LEAST_MESSAGE_OCTETS = 512;

export interface TransportOptions {
  /** Undefined: the maximum of the path. */
  readonly maxMessageOctets: number | undefined;
  /** A host that does not answer for this long is given up. */
  readonly vanishTimeoutMs: number;
  /** This end of a secured transport. */
  readonly tls: TlsEnd;
  readonly clock: Clock;
}

/** Makes each transport. */
const makers: Record<AvailableTransport, (to: CollectorAddress, options: TransportOptions) => Transport> = {
  tcp: ({ port }, { vanishTimeoutMs }) => new TcpTransport(port, vanishTimeoutMs),
  udp: ({ port }, { maxMessageOctets }) => new UdpTransport(port, maxMessageOctets),
  tls: ({ host, port }, { vanishTimeoutMs, tls }) => new TlsTransport(host, port, vanishTimeoutMs, tls),
  dtls: ({ host, port }, options) => new DtlsTransport(host, port, options),
};

/**
 * The transport of an address.
 * @throws {WeirError} WEIR_TRANSPORT_NOT_YET, WEIR_DTLS_UNAVAILABLE
 */
export function transportTo(address: CollectorAddress, options: TransportOptions): Transport {
  const { protocol } = address;
  if (isAvailableTransport(protocol)) return makers[protocol](address, options);
  throw new WeirError(
    'WEIR_TRANSPORT_NOT_YET',
    `collector address ${formatCollectorAddress(address)}: Weir does not export over ${protocol} yet`,
    { remedy: `Use ${availableTransports.join(' or ')}` },
  );
}

/** @throws {WeirError} WEIR_MESSAGE_SIZE_INVALID */
export function checkMessageOctets(octets: number | undefined): void {
  if (octets === undefined) return;
  if (Number.isInteger(octets) && octets >= LEAST_MESSAGE_OCTETS && octets <= maxMessageOctets) return;
  throw new WeirError(
    'WEIR_MESSAGE_SIZE_INVALID',
    `message size: expected ${LEAST_MESSAGE_OCTETS} to ${maxMessageOctets} octets, found ${octets}`,
    { remedy: 'Leave it out: the transport and the interface then determine the size' },
  );
}
