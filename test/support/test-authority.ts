import { execFileSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TlsPaths, TlsSettings } from '../../src/tls/index.ts';

export interface Issued {
  /** As subjectAltName has them: DNS:node-a, IP:127.0.0.1. Default: those of this host's loopback. */
  readonly names?: readonly string[];
  /** The CN. Default: the name of the files. */
  readonly commonName?: string;
  /** Days from now; the first may be negative. Default -1 to 1. */
  readonly fromDay?: number;
  readonly toDay?: number;
}

const loopbackNames = ['DNS:localhost', 'IP:127.0.0.1', 'IP:::1'];
const DAY_MS = 86_400_000;

/** An authority in a directory that a test made; for tests that require('openssl'). */
export class TestAuthority {
  readonly #directory: string;
  readonly #name: string;

  constructor(directory: string, name = 'test-ca') {
    this.#directory = directory;
    this.#name = name;
    writeFileSync(this.#file('db'), '');
    writeFileSync(this.#file('db.attr'), 'unique_subject = no\n');
    const request = [
      'req',
      '-x509',
      '-new',
      '-nodes',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
    ];
    const extensions = ['-addext', 'keyUsage=critical,keyCertSign,cRLSign'];
    openssl(...request, '-subj', `/CN=${name}`, '-days', '30', ...extensions, ...this.#pair('', '-out'));
  }

  get caFile(): string {
    return this.#file('crt');
  }

  /** Makes a key and a certificate for both ends of TLS. */
  issue(name: string, { names = loopbackNames, commonName = name, ...days }: Issued = {}): TlsPaths {
    const { fromDay = -1, toDay = 1 } = days;
    const [certFile, keyFile, request] = ['crt', 'key', 'csr'].map((end) => this.#file(end, name)) as [
      string,
      string,
      string,
    ];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
    openssl('req', '-new', ...key, '-subj', `/CN=${commonName}`, '-out', request);
    const config = this.#file('cnf', name);
    writeFileSync(config, this.#config(names));
    const validity = ['-startdate', timeIn(fromDay), '-enddate', timeIn(toDay)];
    openssl('ca', '-batch', '-notext', '-config', config, '-in', request, '-out', certFile, ...validity);
    return { caFile: this.caFile, certFile, keyFile };
  }

  /** As `issue`, as settings of one end. */
  settings(name: string, issued: Issued = {}, more: Partial<TlsSettings> = {}): TlsSettings {
    return { minVersion: 'VersionTLS12', ...this.issue(name, issued), ...more };
  }

  /** Revokes certificates. Returns the file with the list of all that it has revoked. */
  revoke(...revoked: readonly TlsPaths[]): string {
    const config = this.#file('cnf', 'crl');
    writeFileSync(config, this.#config([]));
    for (const { certFile } of revoked) openssl('ca', '-config', config, '-revoke', certFile);
    const list = this.#file('crl');
    openssl('ca', '-config', config, '-gencrl', '-crldays', '30', '-out', list);
    return list;
  }

  #file(end: string, name?: string): string {
    return join(this.#directory, `${this.#name}${name === undefined ? '' : `-${name}`}.${end}`);
  }

  #pair(name: string, out: string): string[] {
    return [out, this.#file('crt', name || undefined), '-keyout', this.#file('key', name || undefined)];
  }

  #config(names: readonly string[]): string {
    return `[ca]
default_ca = own
[own]
database = ${this.#file('db')}
new_certs_dir = ${this.#directory}
certificate = ${this.#file('crt')}
private_key = ${this.#file('key')}
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = leaf
[any]
commonName = optional
[leaf]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth, clientAuth
${names.length === 0 ? '' : `subjectAltName = ${names.join(', ')}`}
`;
  }
}

/** Replaces the files at `to` by others, as a renewal does. */
export function install(from: TlsPaths, to: TlsPaths): void {
  for (const file of ['caFile', 'keyFile', 'certFile'] as const) {
    if (from[file] !== to[file]) copyFileSync(from[file], to[file]);
  }
}

/** YYYYMMDDHHMMSSZ. */
const timeIn = (days: number): string =>
  `${new Date(Date.now() + days * DAY_MS).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;

const openssl = (...parts: string[]): void => {
  execFileSync('openssl', parts, { stdio: ['ignore', 'ignore', 'pipe'] });
};
