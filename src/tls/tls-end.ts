import type { Account, Clock, Log, LogFields } from '../runtime/index.ts';
import type { TlsFault } from './certificate-fault.ts';
import { TlsFiles } from './tls-files.ts';
import type { TlsMaterial } from './tls-material.ts';
import type { TlsSettings } from './tls-settings.ts';
import type { RenewalListener, TlsSource } from './tls-source.ts';

export interface TlsEndParts {
  /** The name in the log. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Its events count faults by kind. */
  readonly account: Account;
  /** Where its material comes from. Default: the files of the settings. */
  readonly source?: TlsSource | undefined;
}

/** Maximum faults that are remembered as told. */
const MAX_TOLD = 4_096;

/**
 * One end of TLS and DTLS: its settings, its certificates, and what it has told of faults. One process
 * that collects has one for all addresses; one that exports has one for each collector.
 */
export class TlsEnd {
  readonly settings: TlsSettings;
  /** Undefined when the material comes from elsewhere. */
  readonly #files: TlsFiles | undefined;
  readonly #source: Pick<TlsSource, 'material' | 'expiryMs'>;
  readonly #parts: TlsEndParts;
  /** By peer: kinds of faults that were told. The longest silent peer is forgotten first. */
  readonly #told = new Map<string, Set<string>>();
  #isStarted = false;
  #onRevocation = () => {};
  #onArrival = () => {};
  readonly #onRenewed: RenewalListener = ({ crl }, earlier) => {
    if (earlier === undefined) {
      this.#onArrival();
      return;
    }
    this.#parts.account.note('certificates renewed');
    if (crl !== undefined && !(earlier.crl?.equals(crl) ?? false)) this.#onRevocation();
  };

  constructor(settings: TlsSettings, parts: TlsEndParts) {
    this.settings = settings;
    this.#parts = parts;
    const { clock, log, name, source } = parts;
    if (source === undefined) {
      const onRefused = () => parts.account.note('new certificates refused');
      this.#files = new TlsFiles(settings, { clock, log, name, onRefused, onRenewed: this.#onRenewed });
      this.#source = this.#files;
    } else {
      source.heedRenewal(this.#onRenewed);
      this.#source = source;
    }
  }

  /**
   * Reads the files; needed before `material`. @throws {WeirError} WEIR_TLS_FILES_MISSING,
   * WEIR_TLS_FILES_INVALID
   */
  start(): void {
    if (this.#isStarted) return;
    this.#files?.start();
    this.#isStarted = true;
  }

  stop(): void {
    this.#files?.stop();
  }

  /**
   * Call it before a client connects: a source that is no file is read again.
   * @throws {WeirError} why there is no material
   */
  async refresh(): Promise<void> {
    await this.#parts.source?.refresh();
  }

  /** The newest material that can be used. Ask for it at each handshake: files change. */
  get material(): TlsMaterial {
    return this.#source.material;
  }

  /** When the own certificate expires, in milliseconds since 1970. Undefined while nothing needs it. */
  get expiryMs(): number | undefined {
    return this.#source.expiryMs;
  }

  /** Calls back whenever there are new revocation lists, until `stop`. Several may listen. */
  heedRevocation(listener: () => void): void {
    const others = this.#onRevocation;
    this.#onRevocation = () => {
      others();
      listener();
    };
  }

  /** Calls back once the first material is there, if its source had none at the start. One listens. */
  heedArrival(listener: () => void): void {
    this.#onArrival = listener;
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
