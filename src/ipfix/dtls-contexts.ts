import { DtlsContext, openSsl } from '../dtls/index.ts';
import { WeirError } from '../runtime/index.ts';
import type { TlsEnd, TlsMaterial } from '../tls/index.ts';

/** The DTLS context of one end, made anew when its certificates change. */
export class DtlsContexts {
  readonly #role: 'client' | 'server';
  readonly #tls: TlsEnd;
  readonly #cipherSuites: string | undefined;
  #material: TlsMaterial | undefined;
  #context: DtlsContext | undefined;

  /** @throws {WeirError} WEIR_DTLS_UNAVAILABLE */
  constructor(role: 'client' | 'server', tls: TlsEnd) {
    openSsl();
    if (tls.settings.minVersion === 'VersionTLS13') {
      throw new WeirError(
        'WEIR_DTLS_UNAVAILABLE',
        'minVersion is VersionTLS13, and OpenSSL has DTLS 1.2 only',
        {
          remedy: 'Set minVersion to VersionTLS12, or use the transport tls',
        },
      );
    }
    this.#role = role;
    this.#tls = tls;
    // The others are suites of TLS 1.3.
    const suites = tls.settings.cipherSuites?.filter((name) => !name.startsWith('TLS_')) ?? [];
    this.#cipherSuites = suites.length === 0 ? undefined : suites.join(':');
  }

  /** For a new handshake. */
  get current(): DtlsContext {
    const { material } = this.#tls;
    if (this.#context !== undefined && material === this.#material) return this.#context;
    const { ca, crl, own } = material;
    const context = new DtlsContext({
      role: this.#role,
      material: { ca, crl, own },
      cipherSuites: this.#cipherSuites,
    });
    this.free();
    this.#context = context;
    this.#material = material;
    return context;
  }

  free(): void {
    this.#context?.free();
    this.#context = undefined;
  }
}
