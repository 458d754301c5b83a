import { customOption, isHost, type OptionText, type OwnKind, WeirError } from '../../runtime/index.ts';
import { availableTransports } from '../transport-kind.ts';
import {
  type CollectorAddress,
  type CollectorProtocol,
  collectorProtocols,
  formatCollectorAddress,
  parseCollectorAddress,
} from './collector-address.ts';

type AddressText = OptionText<CollectorAddress>;

/** A collector's address over any protocol, also one that is not available yet; TLS when it names none. */
export const collectorAddress = <const W extends AddressText>(what: W) =>
  addressOption(what, 'tls', collectorProtocols);

/** A collector's address over a transport that is available; TCP when it names none. */
export const plainCollectorAddress = <const W extends AddressText>(what: W) =>
  addressOption(what, 'tcp', availableTransports);

const addressOption = <const W extends AddressText>(
  what: W,
  byDefault: CollectorProtocol,
  protocols: readonly CollectorProtocol[],
) =>
  customOption<CollectorAddress, W & OwnKind<CollectorAddress>>(
    {
      ...what,
      value: `an address as HOST[:PORT][:PROTO], PORT from 1 to 65535, PROTO one of ${protocols.join(', ')}`,
      json: { type: 'string' },
      write: formatCollectorAddress,
    },
    (found) => {
      const address = readCollectorAddress(found, byDefault);
      return address !== undefined && protocols.includes(address.protocol) ? address : undefined;
    },
  );

/** Undefined when it is none. The port may be empty: HOST::PROTO. */
function readCollectorAddress(found: unknown, byDefault: CollectorProtocol): CollectorAddress | undefined {
  if (typeof found !== 'string') return undefined;
  try {
    const address = parseCollectorAddress(found.replace(/:(?=:[a-z]+$)/i, ''), byDefault);
    return isHost(address.host) ? address : undefined;
  } catch (error) {
    if (error instanceof WeirError) return undefined;
    throw error;
  }
}
