import type { Clock, Log } from '../runtime/index.ts';
import { TlsFiles, type TlsPaths, type TlsSource } from '../tls/index.ts';

/** What a server shows, in PEM. */
export interface ServerCertificate {
  /** Its certificate, then those between it and the root. */
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

/** Where the certificate of a server comes from. It may change while the server runs. */
export interface ServerCertificateSource {
  /** Gets the first certificate; the server listens afterwards. */
  start(): void | Promise<void>;
  stop(): void | Promise<void>;
  /** The newest certificate. Call it after `start`. */
  readonly current: ServerCertificate;
  /** Calls back whenever there is a new certificate, until `stop`. */
  heed(listener: () => void): void;
}

/** A certificate and its key in files, which are read again when they change. */
export class FileCertificate implements ServerCertificateSource {
  readonly #files: TlsFiles;
  #listener = () => {};

  /** @param parts the name is that of the server in the log */
  constructor(paths: TlsPaths, parts: { readonly name: string; readonly clock: Clock; readonly log: Log }) {
    this.#files = new TlsFiles(
      { ...paths, isCertificateOptional: false },
      { ...parts, onRenewed: () => this.#listener() },
    );
  }

  /** @throws {WeirError} WEIR_TLS_FILES_MISSING, WEIR_TLS_FILES_INVALID */
  start(): void {
    this.#files.start();
  }

  stop(): void {
    this.#files.stop();
  }

  get current(): ServerCertificate {
    return this.#files.material.own!;
  }

  heed(listener: () => void): void {
    const others = this.#listener;
    this.#listener = () => {
      others();
      listener();
    };
  }
}

/** The certificate of a source that starts and stops elsewhere; a server of it starts later. */
export const certificateFrom = (source: TlsSource): ServerCertificateSource => ({
  start: () => {},
  stop: () => {},
  get current() {
    return source.material.own!;
  },
  heed: (listener) => source.heedRenewal(() => listener()),
});
