import { type Account, type Clock, WeirError } from '../../runtime/index.ts';
import type { TlsEnd } from '../../tls/index.ts';
import type { KeptTemplates } from './kept-templates.ts';
import { formatListen, type ListenAddress } from './listen-address.ts';
import type { MessageDecoder } from './message-decoder.ts';
import type { SessionTable } from './session-table.ts';
import type { Turns } from './turns.ts';

/** Listens on one address. */
export interface Listener {
  /** Returns where it listens; for port 0, with the port that the system chose. */
  start(): Promise<ListenAddress>;
  stop(deadlineMs: number, clock: Clock): Promise<void>;
}

/** What a listener uses for the messages that it receives. */
export interface Reception {
  readonly sessions: SessionTable;
  readonly decoder: MessageDecoder;
  readonly messages: Account;
  /** This end of the secured transports. */
  readonly tls: TlsEnd;
  readonly clock: Clock;
  readonly turns: Turns;
  /** Templates of an earlier process. */
  readonly kept?: KeptTemplates | undefined;
}

const remedies: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Another program listens there: stop it or choose another port',
  EADDRNOTAVAIL: 'This host does not have that address: use one of its own, or 0.0.0.0 or [::] for all',
  EACCES: 'Ports below 1024 need the capability CAP_NET_BIND_SERVICE: choose another port',
};

export function listenFailure(address: ListenAddress, error: Error): WeirError {
  const remedy = remedies[(error as NodeJS.ErrnoException).code ?? ''];
  return new WeirError('WEIR_LISTEN_FAILED', `cannot listen on ${formatListen(address)}: ${error.message}`, {
    cause: error,
    ...(remedy === undefined ? {} : { remedy }),
  });
}
