import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readTlsMaterial, TlsFiles, type TlsPaths } from '../../src/tls/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { keptLog } from '../support/ipfix.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { type Issued, install, TestAuthority } from '../support/test-authority.ts';

/** The files of an end at which a test renews certificates, seconds after they changed. */
function startedFiles(directory: TemporaryDirectory, first: Issued = {}, more: Partial<TlsPaths> = {}) {
  const clock = new FakeClock(Date.now());
  const { log, lines } = keptLog(clock);
  const authority = new TestAuthority(directory.path);
  const paths = { ...authority.issue('end', first), ...more };
  const told = { refused: 0, renewed: 0 };
  const files = new TlsFiles(paths, {
    name: 'ipfix in',
    clock,
    log,
    onRefused: () => told.refused++,
    onRenewed: () => told.renewed++,
  });
  return { authority, clock, files, lines, paths, told };
}

requires('openssl')('the files of TLS', () => {
  it('are read again when they change and have settled', () => {
    using directory = new TemporaryDirectory();
    const { authority, clock, files, lines, paths, told } = startedFiles(directory);
    files.start();
    const { fingerprint256 } = files.material.own!.certificate;
    install(authority.issue('next'), paths);
    clock.advance(12_000);
    expect(files.material.own!.certificate.fingerprint256).not.toBe(fingerprint256);
    expect(told).toEqual({ refused: 0, renewed: 1 });
    expect(lines.join('\n')).toMatch(/reads new certificates, valid until \d{4}-\S+: .*end\.crt/);
  });

  it('are not refused while somebody replaces them one by one', () => {
    using directory = new TemporaryDirectory();
    const { authority, clock, files, paths, told } = startedFiles(directory);
    files.start();
    const next = authority.issue('next');
    copyFileSync(next.keyFile, paths.keyFile);
    clock.advance(10_000);
    copyFileSync(next.certFile, paths.certFile);
    clock.advance(12_000);
    expect(told).toEqual({ refused: 0, renewed: 1 });
  });

  it.each<[string, (at: ReturnType<typeof startedFiles>) => void, RegExp]>([
    [
      'text',
      ({ paths }) => writeFileSync(paths.certFile, 'nothing'),
      /expected PEM certificates, found none/,
    ],
    [
      'the key of another certificate',
      ({ authority, paths }) => copyFileSync(authority.issue('other').keyFile, paths.keyFile),
      /end\.key is not the key of the certificate in .*end\.crt/,
    ],
    [
      'an expired certificate',
      ({ authority, paths }) => install(authority.issue('old', { fromDay: -3, toDay: -2 }), paths),
      /the certificate of localhost has expired since/,
    ],
    ['no file', ({ paths }) => rmSync(paths.keyFile), /end\.key is not there/],
  ])('keep the old material when the new is %s, and report it once', (_, spoil, expected) => {
    using directory = new TemporaryDirectory();
    const at = startedFiles(directory);
    at.files.start();
    const { fingerprint256 } = at.files.material.own!.certificate;
    spoil(at);
    at.clock.advance(60_000);
    expect(at.files.material.own!.certificate.fingerprint256).toBe(fingerprint256);
    expect(at.told).toEqual({ refused: 1, renewed: 0 });
    const refusals = at.lines.filter((line) =>
      line.includes('refuses new certificates and keeps the old ones'),
    );
    expect(refusals).toHaveLength(1);
    expect(refusals[0]).toMatch(expected);
    install(at.authority.issue('good'), at.paths);
    at.clock.advance(12_000);
    expect(at.told).toEqual({ refused: 1, renewed: 1 });
  });

  it('stop the start with the commands that make them if they are missing', () => {
    using directory = new TemporaryDirectory();
    const { files, paths } = startedFiles(directory);
    rmSync(paths.caFile);
    expect(() => files.start()).toThrow(
      expect.objectContaining({
        code: 'WEIR_TLS_FILES_MISSING',
        message: `TLS needs certificates, and ${paths.caFile} is not there`,
        remedy: expect.stringMatching(/"weir certs init".*"weir certs issue NAME"/),
      }),
    );
  });

  it('may lack certificate and key together if the certificate is optional, until they are there', () => {
    using directory = new TemporaryDirectory();
    const { clock, files, lines, paths } = startedFiles(directory, {}, { isCertificateOptional: true });
    const { certFile, keyFile } = paths;
    const [cert, key] = [readFileSync(certFile), readFileSync(keyFile)];
    rmSync(certFile);
    expect(() => files.start()).toThrow(/end\.crt is not there/);
    rmSync(keyFile);
    files.start();
    expect([files.material.own, files.expiryMs]).toEqual([undefined, undefined]);
    expect(lines.join('\n')).toMatch(/info {2}ipfix in: shows no certificate: .*end\.crt is not there/);
    writeFileSync(certFile, cert);
    writeFileSync(keyFile, key);
    clock.advance(12_000);
    expect(files.material.own?.cert).toEqual(cert);
  });

  it('have revocation lists beside the authorities, which do not disappear', () => {
    using directory = new TemporaryDirectory();
    const { authority, clock, files, lines, paths, told } = startedFiles(directory);
    files.start();
    expect(files.material.crl).toBeUndefined();
    const crlFile = directory.file('ca.crl');
    copyFileSync(authority.revoke(), crlFile);
    clock.advance(12_000);
    expect(files.material.crl).toEqual(readFileSync(crlFile));
    rmSync(crlFile);
    clock.advance(12_000);
    expect(lines.at(-1)).toMatch(/keeps the old ones: the file with the revocation lists is gone/);
    writeFileSync(crlFile, 'nothing');
    clock.advance(12_000);
    expect(lines.at(-1)).toMatch(/ca\.crl: expected PEM revocation lists, found one that cannot be read/);
    expect([files.material.crl?.length, told]).toEqual([expect.any(Number), { refused: 2, renewed: 1 }]);
    const other = { ...paths, crlFile: directory.file('other.crl') };
    expect(() => readTlsMaterial(other)).toThrow(/other\.crl is not there/);
  });

  it('start with an expired certificate, and report it', () => {
    using directory = new TemporaryDirectory();
    const { files, lines } = startedFiles(directory, { fromDay: -3, toDay: -2 });
    files.start();
    expect(lines.join('\n')).toMatch(
      /error ipfix in: .*end\.crt: the certificate of localhost has expired since/,
    );
  });
});
