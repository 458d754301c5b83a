import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ledger, systemClock } from '../../src/runtime/index.ts';
import { TlsEnd, type TlsSettings } from '../../src/tls/index.ts';
import { keptLog } from './ipfix.ts';
import { undoAtExit } from './leftovers.ts';
import { loopbackCertificate, loopbackKey } from './loopback-certificate.ts';

const directory = mkdtempSync(join(tmpdir(), 'weir-'));
undoAtExit(() => rmSync(directory, { recursive: true, force: true }));

function written(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const certFile = written('loopback.crt', loopbackCertificate);

/** Both ends of TLS and DTLS on loopback, with one certificate that signs itself. Needs no openssl. */
export const loopbackTls: TlsSettings = {
  caFile: certFile,
  certFile,
  keyFile: written('loopback.key', loopbackKey),
  minVersion: 'VersionTLS12',
};

/** The same for those who make their transport themselves. */
export const loopbackEnd = (): TlsEnd =>
  new TlsEnd(loopbackTls, {
    name: 'test',
    clock: systemClock,
    log: keptLog().log,
    account: new Ledger().open('test', 'records'),
  });
