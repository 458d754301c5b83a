import type { TlsMaterial } from './tls-material.ts';

/** Called with new material, and with that before it; undefined: it is the first. */
export type RenewalListener = (material: TlsMaterial, earlier: TlsMaterial | undefined) => void;

/** Where ends of TLS have their material from, if not from files. It may serve several ends. */
export interface TlsSource {
  /**
   * The newest material that can be used. Ask for it at each handshake.
   * @throws {WeirError} while there was none yet
   */
  readonly material: TlsMaterial;
  /** When the own certificate expires, in milliseconds since 1970; undefined while there is none. */
  readonly expiryMs: number | undefined;
  /**
   * Reads again before a client connects. Resolves also when that fails, as long as there is earlier
   * material.
   * @throws {WeirError} why there is none /
   */
  refresh(): Promise<void>;
  /** Calls back with the first material, and at each renewal. Several may listen. */
  heedRenewal(listener: RenewalListener): void;
}
