import { type Clock, describeError, type Log } from '../runtime/index.ts';
import { readTlsMaterial, stateOf, type TlsMaterial, untimelinessOf } from './tls-material.ts';
import type { TlsPaths } from './tls-settings.ts';

export interface TlsFilesParts {
  /** The name in the log. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Called once for each new state of the files that cannot be used. */
  readonly onRefused?: () => void;
  /** Called with new material. */
  readonly onRenewed?: (material: TlsMaterial) => void;
}

/** The files are looked at this often without a handshake, and at most this often with many. */
const LOOK_MS = 10_000;
const LEAST_MS = 1_000;

/**
 * The certificate, key and authorities of one end. It reads the files again when they change. New files that
 * cannot be used never replace material that can.
 */
export class TlsFiles {
  readonly paths: TlsPaths;
  readonly #parts: TlsFilesParts;
  #material: TlsMaterial | undefined;
  /** The files as they were at the last look, and as they were last read. */
  #seen = '';
  #read = '';
  #lookedMs = Number.NEGATIVE_INFINITY;
  #cancelLooks = () => {};
  #cancelSecondLook = () => {};

  constructor(paths: TlsPaths, parts: TlsFilesParts) {
    this.paths = paths;
    this.#parts = parts;
  }

  /** @throws {WeirError} WEIR_TLS_FILES_MISSING, WEIR_TLS_FILES_INVALID */
  start(): void {
    const { clock, log, name } = this.#parts;
    this.#seen = stateOf(this.paths);
    this.#read = this.#seen;
    this.#material = readTlsMaterial(this.paths);
    const fault = untimelinessOf(this.#material.certificate, clock.now());
    if (fault !== undefined) log.error(name, `${this.paths.certFile}: ${fault}`);
    this.#cancelLooks = clock.every(LOOK_MS, () => this.#look());
  }

  stop(): void {
    this.#cancelLooks();
    this.#cancelSecondLook();
  }

  /** The newest material that can be used. Call it for each handshake. */
  get material(): TlsMaterial {
    if (this.#parts.clock.monotonic() - this.#lookedMs >= LEAST_MS) this.#look();
    return this.#material!;
  }

  /** When the certificate in use expires, in milliseconds since 1970. */
  get expiryMs(): number | undefined {
    return this.#material?.certificate.validToDate.getTime();
  }

  /** Reads files that differ from those last read, once they are the same at two looks. */
  #look(): void {
    this.#lookedMs = this.#parts.clock.monotonic();
    const state = stateOf(this.paths);
    const isSettled = state === this.#seen;
    this.#seen = state;
    if (state === this.#read) return;
    // Somebody may be writing the files one after the other: a second look decides.
    if (!isSettled) {
      this.#cancelSecondLook();
      this.#cancelSecondLook = this.#parts.clock.after(LEAST_MS, () => this.#look());
      return;
    }
    this.#read = state;
    this.#readAgain();
  }

  #readAgain(): void {
    const { clock, log, name, onRefused, onRenewed } = this.#parts;
    try {
      const material = readTlsMaterial(this.paths);
      const fault = untimelinessOf(material.certificate, clock.now());
      const isOldUsable = untimelinessOf(this.#material!.certificate, clock.now()) === undefined;
      if (fault !== undefined && isOldUsable) throw new Error(`${this.paths.certFile}: ${fault}`);
      this.#material = material;
      const until = material.certificate.validToDate.toISOString();
      log.info(name, `reads new certificates from ${this.paths.certFile}, valid until ${until}`);
      onRenewed?.(material);
    } catch (error) {
      log.error(name, `refuses new certificates and keeps the old ones: ${describeError(error)}`);
      onRefused?.();
    }
  }
}
