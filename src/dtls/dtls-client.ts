import type { Clock } from '../runtime/index.ts';
import { type AssociationHandler, type AssociationOptions, DtlsAssociation } from './association.ts';
import { DtlsError } from './dtls-error.ts';
import { APPLICATION_DATA } from './record-header.ts';
import { SentTails } from './stateless-reset.ts';

export interface DtlsClientOptions extends AssociationOptions {
  /** In the server's certificate: a DNS name or an address. */
  readonly serverName: string;
  readonly clock: Clock;
}

/** How often to look whether a flight of the handshake must be repeated: OpenSSL waits for whole seconds. */
const TICK_MS = 100;

/** The client of one association. */
export class DtlsClient {
  readonly #association: DtlsAssociation;
  readonly #handler: Pick<AssociationHandler, 'closed'>;
  readonly #tails = new SentTails();
  #cancelTick = () => {};

  constructor(options: DtlsClientOptions, handler: AssociationHandler) {
    const { context, maxDatagramOctets, serverName } = options;
    this.#handler = handler;
    const send = (datagram: Uint8Array) => {
      if (datagram[0] === APPLICATION_DATA) this.#tails.add(datagram);
      options.send(datagram);
    };
    this.#association = DtlsAssociation.connect({ context, maxDatagramOctets, send }, serverName, {
      opened: () => {
        this.#cancelTick();
        handler.opened();
      },
      message: (octets) => handler.message(octets),
      closed: (error) => {
        this.#cancelTick();
        handler.closed(error);
      },
    });
    this.#cancelTick = options.clock.every(TICK_MS, () => this.#association.repeatUnanswered());
  }

  /** Maximum octets of a message, once it is open. */
  get maxMessageOctets(): number {
    return this.#association.maxMessageOctets;
  }

  /** Sends the first hello. */
  start(): void {
    this.#association.advance();
  }

  receive(datagram: Uint8Array): void {
    if (this.#association.isOpen && this.#tails.areResetBy(datagram)) {
      this.free();
      this.#handler.closed(new DtlsError('ERR_DTLS_RESET', 'the other end does not know this session'));
      return;
    }
    this.#association.receive(datagram);
  }

  /** Sends one message; `send` is called before this returns. Ignored when the association is not open. */
  send(message: Uint8Array): void {
    this.#association.send(message);
  }

  /** Tells the server the end. `closed` is called when it has answered. */
  close(): void {
    this.#association.close();
  }

  /** Ends the association without a word. Nothing is called afterwards. */
  free(): void {
    this.#cancelTick();
    this.#association.free();
  }
}
