import { X509Certificate } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { initFolder, issueCertificate, renewAuthority, renewFolder } from '../../src/certificates/index.ts';
import { readTlsMaterial } from '../../src/tls/index.ts';
import { run } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { TestAuthority } from '../support/test-authority.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const DAY_MS = 86_400_000;
const aggregator = { role: 'aggregator', names: ['agg.example', '192.0.2.1'], days: 365 } as const;
const agent = { role: 'agent', names: ['node-1', 'node-1.example'], days: 365 } as const;
const keep = { days: 365, newKey: false };

const certificateIn = (path: string): X509Certificate => new X509Certificate(readFileSync(path));

/** A folder with an authority and the certificate of an aggregator, and one of an agent. */
class Certificates implements Disposable {
  readonly #directory = new TemporaryDirectory();
  readonly folder = this.#directory.file('certs');
  readonly node = this.#directory.file('node-1');

  static async made(): Promise<Certificates> {
    const made = new Certificates();
    await initFolder(made.folder, aggregator, NOW);
    await issueCertificate(made.folder, made.node, agent, NOW);
    return made;
  }

  get paths() {
    const file = (name: string) => join(this.folder, name);
    return { caFile: file('ca.crt'), certFile: file('aggregator.crt'), keyFile: file('aggregator.key') };
  }

  [Symbol.dispose](): void {
    this.#directory[Symbol.dispose]();
  }
}

describe('a renewal', () => {
  it('keeps names, uses and the key, and changes the serial number and the end', async () => {
    using certificates = await Certificates.made();
    const { folder, node } = certificates;
    const [before, key] = [certificateIn(join(node, 'agent.crt')), readFileSync(join(node, 'agent.key'))];
    const later = NOW + 300 * DAY_MS;
    const renewed = await renewFolder(folder, node, keep, later);
    const after = certificateIn(join(node, 'agent.crt'));
    expect(renewed).toMatchObject([{ path: join(node, 'agent.crt'), hasNewKey: false }]);
    expect(renewed[0]!.certificate.raw).toEqual(after.raw);
    expect(after.subjectAltName).toBe('DNS:node-1, DNS:node-1.example');
    expect([after.subject, after.keyUsage, after.ca]).toEqual([before.subject, before.keyUsage, false]);
    expect(after.serialNumber).not.toBe(before.serialNumber);
    expect(after.validToDate.getTime()).toBe(later + 365 * DAY_MS);
    expect(after.publicKey.equals(before.publicKey)).toBe(true);
    expect(readFileSync(join(node, 'agent.key'))).toEqual(key);
    expect(after.verify(certificateIn(join(folder, 'ca.crt')).publicKey)).toBe(true);
  });

  it('creates a new key or gives an aggregator other names on request', async () => {
    using certificates = await Certificates.made();
    const before = certificateIn(certificates.paths.certFile);
    const request = { days: 30, newKey: true, names: ['new.example', '198.51.100.1'] };
    await renewFolder(certificates.folder, certificates.folder, request, NOW);
    const { certificate } = readTlsMaterial(certificates.paths).own!;
    expect(certificate.publicKey.equals(before.publicKey)).toBe(false);
    expect(certificate.subjectAltName).toBe('DNS:new.example, IP Address:198.51.100.1');
    expect(certificate.keyUsage).toEqual(before.keyUsage);
  });

  it('never exposes a partial file, and a mismatched pair only between its two steps', async () => {
    using certificates = await Certificates.made();
    const { folder, paths } = certificates;
    let isOver = false;
    const read: (string | undefined)[] = [];
    const reading = (async () => {
      while (!isOver) {
        try {
          read.push(readTlsMaterial(paths).own!.certificate.serialNumber);
        } catch (error) {
          expect((error as Error).message).toBe(
            `${paths.keyFile} is not the key of the certificate in ${paths.certFile}`,
          );
          read.push(undefined);
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    for (let count = 0; count < 20; count++)
      await renewFolder(folder, folder, { ...keep, newKey: true }, NOW);
    isOver = true;
    await reading;
    expect(new Set(read.filter((serial) => serial !== undefined)).size).toBeGreaterThan(5);
    const files = ['aggregator.crt', 'aggregator.key', 'ca.crt', 'ca.key', 'issued.jsonl'];
    expect(readdirSync(folder).toSorted()).toEqual(files);
  });

  it('refuses a key of another certificate, and a folder without a certificate', async () => {
    using certificates = await Certificates.made();
    const { folder, node } = certificates;
    copyFileSync(join(folder, 'aggregator.key'), join(node, 'agent.key'));
    await expect(renewFolder(folder, node, keep, NOW)).rejects.toMatchObject({
      message: `${node}/agent.key: expected the key of the certificate, found another one`,
    });
    rmSync(join(node, 'agent.crt'));
    await expect(renewFolder(folder, node, keep, NOW)).rejects.toMatchObject({
      message: `${node}: expected aggregator.crt or agent.crt, found neither`,
    });
  });

  it('replaces no link', async () => {
    using certificates = await Certificates.made();
    const { folder, node } = certificates;
    rmSync(join(node, 'agent.key'));
    symlinkSync(join(folder, 'aggregator.key'), join(node, 'agent.key'));
    const before = readFileSync(join(folder, 'aggregator.key'));
    await expect(renewFolder(folder, node, { ...keep, newKey: true }, NOW)).rejects.toMatchObject({
      message: `${node}/agent.key: expected a regular file, found a symbolic link`,
    });
    expect(readFileSync(join(folder, 'aggregator.key'))).toEqual(before);
    expect(readdirSync(node).toSorted()).toEqual(['agent.crt', 'agent.key', 'ca.crt']);
  });
});

requires('root')('a renewal', () => {
  it('keeps the owner and the group of the files', async () => {
    using certificates = await Certificates.made();
    const { folder, node } = certificates;
    for (const mode of [0o600, 0o640]) {
      for (const name of ['agent.crt', 'agent.key']) chownSync(join(node, name), 1, 2);
      chmodSync(join(node, 'agent.key'), mode);
      await renewFolder(folder, node, { ...keep, newKey: true }, NOW);
      for (const [name, expected] of [
        ['agent.crt', 0o644],
        ['agent.key', mode],
      ] as const) {
        const { uid, gid, mode: found } = lstatSync(join(node, name));
        expect([uid, gid, found & 0o777]).toEqual([1, 2, expected]);
      }
    }
  });
});

requires('openssl')('a certificate of another authority', () => {
  it('is not renewed, and stays unchanged', async () => {
    using certificates = await Certificates.made();
    using directory = new TemporaryDirectory();
    const { folder, node } = certificates;
    const { certFile } = new TestAuthority(directory.path, 'corporate').issue('agent');
    copyFileSync(certFile, join(node, 'agent.crt'));
    const before = readFileSync(join(node, 'agent.crt'));
    await expect(renewFolder(folder, node, { ...keep, newKey: true }, NOW)).rejects.toMatchObject({
      code: 'WEIR_CERTS_FOREIGN',
      message: expect.stringMatching(
        /\/agent\.crt was signed by "CN=corporate", not by "O=Weir, CN=Weir authority \w{8}"$/,
      ),
    });
    expect(readFileSync(join(node, 'agent.crt'))).toEqual(before);
  });

  it("is issued and renewed beside that authority's key, with the name of that key", async () => {
    using directory = new TemporaryDirectory();
    const openssl = (...words: string[]) => run(['openssl', ...words]);
    const [certificate, key] = [directory.file('ca.crt'), directory.file('ca.key')];
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate];
    const config = directory.file('openssl.cnf');
    writeFileSync(config, '[req]\ndistinguished_name = none\n[none]\n');
    const subject = ['-subj', '/C=DE/O=Beispiel GmbH/CN=Größe', '-utf8', '-days', '30', '-config', config];
    const extensions = [
      'basicConstraints=critical,CA:TRUE',
      'keyUsage=critical,keyCertSign',
      'subjectKeyIdentifier=010203',
    ];
    await openssl(...request, ...subject, ...extensions.flatMap((one) => ['-addext', one]));
    const node = directory.file('node-1');
    const { certificate: leaf } = await issueCertificate(directory.path, node, agent, Date.now());
    await renewFolder(directory.path, node, keep, Date.now());
    const path = join(node, 'agent.crt');
    expect(await openssl('verify', '-x509_strict', '-CAfile', certificate, path)).toBe(`${path}: OK\n`);
    const rawName = async (file: string, which: string) =>
      (await openssl('x509', '-in', file, '-noout', `-${which}`, '-nameopt', 'dump_all,dump_der'))
        .split('=')
        .slice(1);
    expect(await rawName(path, 'issuer')).toEqual(await rawName(certificate, 'subject'));
    expect(leaf.validToDate).toEqual(certificateIn(certificate).validToDate);
  });
});

describe('the renewal of an authority', () => {
  it('keeps its key and name, so that old and new verify each of its certificates', async () => {
    using certificates = await Certificates.made();
    const { folder, node } = certificates;
    const before = certificateIn(join(folder, 'ca.crt'));
    const later = NOW + 4_000 * DAY_MS; // it has expired
    const { certificate } = await renewAuthority(folder, later);
    expect(certificate.raw).toEqual(certificateIn(join(folder, 'ca.crt')).raw);
    expect([certificate.subject, certificate.ca]).toEqual([before.subject, true]);
    expect(certificate.publicKey.equals(before.publicKey)).toBe(true);
    expect(certificate.validToDate.getTime()).toBe(later + 3_650 * DAY_MS);
    const leaf = certificateIn(join(node, 'agent.crt'));
    for (const signer of [before, certificate]) {
      expect([leaf.checkIssued(signer), leaf.verify(signer.publicKey)]).toEqual([true, true]);
    }
  });
});
