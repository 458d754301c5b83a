import {
  integerOption,
  isHost,
  listOption,
  megabytesOption,
  pathOption,
  WeirError,
} from '../../runtime/index.ts';
import { DEFAULT_PORT } from '../transport-kind.ts';
import { type ListenAddress, parseListenAddress } from './listen-address.ts';

const MEBI = 1_048_576;

/** Bounds of the sessions that receive IPFIX. */
export const sessionOptions = {
  maxSessions: integerOption(1, 1_048_576, {
    description:
      'maximum number of sessions over TCP, TLS and DTLS, and of those over UDP; beyond it, the address with most sessions loses one',
    default: 8_192,
  }),
  maxAddressOctets: megabytesOption(65_536, {
    description: 'memory for the sessions of one address: templates, domains, incomplete messages',
    default: 32 * MEBI,
  }),
  maxSessionOctets: megabytesOption(65_536, { description: 'memory for all sessions', default: 192 * MEBI }),
};

export const stateDirectory = pathOption('make', {
  description:
    'directory for what the next start needs: templates of exporters over UDP, and the time up to which events of Kubernetes are logged; without it, records are lost until exporters announce their templates again',
  value: 'the path of a directory',
});

/** Where IPFIX is received when a file names only the transport: on a host without IPv6, 0.0.0.0. */
export const defaultListenEnd = { host: '::', port: DEFAULT_PORT } as const;

export const listenAddresses = <const W extends { readonly description: string; readonly derived?: string }>(
  what: W,
) =>
  listOption(
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
