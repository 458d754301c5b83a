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
  readonly onRenewed?: (material: TlsMaterial, earlier: TlsMaterial) => void;
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
    const { own } = this.#material;
    const fault = own && untimelinessOf(own.certificate, clock.now());
    if (fault !== undefined) log.error(name, `${this.paths.certFile}: ${fault}`);
    if (own === undefined) log.info(name, `shows no certificate: ${this.paths.certFile} is not there`);
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
    return this.#material?.own?.certificate.validToDate.getTime();
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
      const earlier = this.#material!;
      const material = readTlsMaterial(this.paths);
      const fault = renewalFault(material, earlier, clock.now());
      if (fault !== undefined) throw new Error(`${this.paths.certFile}: ${fault}`);
      if (earlier.crl !== undefined && material.crl === undefined)
        throw new Error('the file with the revocation lists is gone');
      this.#material = material;
      const until = material.own?.certificate.validToDate.toISOString();
      const what =
        until === undefined ? 'files, and shows no certificate' : `certificates, valid until ${until}`;
      log.info(name, `reads new ${what}: ${this.paths.certFile}`);
      onRenewed?.(material, earlier);
    } catch (error) {
      const text = `refuses new certificates and keeps the old ones: ${describeError(error)}`;
      log.refuse(name, 'certificates', text);
      onRefused?.();
    }
  }
}

/** Why a new certificate must not take the place of an earlier one that can still be used. */
export function renewalFault({ own }: TlsMaterial, earlier: TlsMaterial, nowMs: number): string | undefined {
  const isUsable = earlier.own !== undefined && untimelinessOf(earlier.own.certificate, nowMs) === undefined;
  if (!isUsable) return undefined;
  return own === undefined ? 'the file is gone' : untimelinessOf(own.certificate, nowMs);
}
