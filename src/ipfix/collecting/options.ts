import { integer, isHost, list, megabytes, WeirError } from '../../runtime/index.ts';
import { type ListenAddress, parseListenAddress } from './listen-address.ts';

const MEBI = 1_048_576;

/** Bounds of the sessions that receive IPFIX. */
export const sessionOptions = {
  maxSessions: integer(1, 1_048_576, {
    description:
      'sessions open over TCP, and as many over UDP; beyond, those of the address with the most give way',
    default: 8_192,
  }),
  maxAddressOctets: megabytes(65_536, {
    description: 'memory for sessions of one address: templates, domains, messages whose rest has not come',
    default: 32 * MEBI,
  }),
  maxSessionOctets: megabytes(65_536, { description: 'memory for all sessions', default: 192 * MEBI }),
};

export const listenAddresses = <const W extends { readonly description: string; readonly derived?: string }>(
  what: W,
) =>
  list(
    {
      ...what,
      value: 'a list of addresses such as "tcp://0.0.0.0:4739" or "udp://[::]:4739"',
      json: { type: 'string' },
    },
    readListenAddress,
  );

function readListenAddress(found: unknown): ListenAddress | undefined {
  if (typeof found !== 'string') return undefined;
  try {
    const address = parseListenAddress(found);
    return isHost(address.host) ? address : undefined;
  } catch (error) {
    if (error instanceof WeirError) return undefined;
    throw error;
  }
}
