import type { Account, Clock, Log, LogFields } from '../runtime/index.ts';
import type { TlsFault } from './certificate-fault.ts';
import { TlsFiles } from './tls-files.ts';
import type { TlsMaterial } from './tls-material.ts';
import type { TlsSettings } from './tls-settings.ts';

export interface TlsEndParts {
  /** The name in the log. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Its events count faults by kind. */
  readonly account: Account;
}

/** Maximum faults that are remembered as told. */
const MAX_TOLD = 4_096;

/**
 * One end of TLS and DTLS: its settings, its certificate files, and what it has told of faults. One process
 * that collects has one for all addresses; one that exports has one for each collector.
 */
export class TlsEnd {
  readonly settings: TlsSettings;
  readonly #files: TlsFiles;
  readonly #parts: TlsEndParts;
  /** By peer: kinds of faults that were told. The longest silent peer is forgotten first. */
  readonly #told = new Map<string, Set<string>>();
  #isStarted = false;
  #onRevocation = () => {};

  constructor(settings: TlsSettings, parts: TlsEndParts) {
    const { account, ...rest } = parts;
    this.settings = settings;
    this.#parts = parts;
    this.#files = new TlsFiles(settings, {
      ...rest,
      onRefused: () => account.note('new certificates refused'),
      onRenewed: ({ crl }, earlier) => {
        account.note('certificates renewed');
        if (crl !== undefined && !(earlier.crl?.equals(crl) ?? false)) this.#onRevocation();
      },
    });
  }

  /**
   * Reads the files; needed before `material`. @throws {WeirError} WEIR_TLS_FILES_MISSING,
   * WEIR_TLS_FILES_INVALID
   */
  start(): void {
    if (this.#isStarted) return;
    this.#files.start();
    this.#isStarted = true;
  }

  stop(): void {
    this.#files.stop();
  }

  /** The newest material that can be used. Ask for it at each handshake: files change. */
  get material(): TlsMaterial {
    return this.#files.material;
  }

  /** When the own certificate expires, in milliseconds since 1970. Undefined while nothing needs it. */
  get expiryMs(): number | undefined {
    return this.#files.expiryMs;
  }

  /** Calls back whenever there are new revocation lists, until `stop`. Several may listen. */
  heedRevocation(listener: () => void): void {
    const others = this.#onRevocation;
    this.#onRevocation = () => {
      others();
      listener();
    };
  }

  /** Counts a fault by its kind, and logs it once for each peer and kind. */
  fault(peer: string, fault: TlsFault, text: string): void {
    const { account, log, name } = this.#parts;
    account.note(fault.kind);
    const kinds = this.#told.get(peer) ?? new Set();
    this.#told.delete(peer);
    this.#told.set(peer, kinds);
    if (this.#told.size > MAX_TOLD) this.#told.delete(this.#told.keys().next().value!);
    if (kinds.has(fault.kind)) return;
    kinds.add(fault.kind);
    log.limited(name, fault.kind, text, { peer });
  }

  /** Logs the begin or the end of a session. */
  tell(text: string, fields: LogFields): void {
    this.#parts.log.info(this.#parts.name, text, fields);
  }

  /** The peer has a session: its next fault is new. */
  admitted(peer: string): void {
    this.#told.delete(peer);
  }
}
