import { X509Certificate } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeNewFiles } from '../../src/certificates/guarded-files.ts';
import { initFolder, issueCertificate } from '../../src/certificates/index.ts';
import { Program, run } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

const NOW = Date.parse('2026-03-01T12:00:00.250Z');
const DAY_MS = 86_400_000;
const aggregator = {
  role: 'aggregator',
  names: ['agg.example', '192.0.2.1', '2001:db8::1'],
  days: 365,
} as const;
const agent = { role: 'agent', names: ['node-1'], days: 365 } as const;

const modeOf = (path: string): number => statSync(path).mode & 0o777;
const certificateIn = (path: string): X509Certificate => new X509Certificate(readFileSync(path));

requires('openssl')('a certificate', () => {
  it("is accepted by openssl's strict check for its purpose, for an aggregator and an agent", async () => {
    using directory = new TemporaryDirectory();
    const folder = directory.path;
    await initFolder(folder, aggregator, Date.now());
    await issueCertificate(folder, join(folder, 'node-1'), agent, Date.now());
    const verify = ['openssl', 'verify', '-x509_strict', '-CAfile', join(folder, 'ca.crt')];
    const [server, client] = [join(folder, 'aggregator.crt'), join(folder, 'node-1/agent.crt')];
    for (const [purpose, path] of [
      ['sslserver', server],
      ['sslclient', server],
      ['sslclient', client],
    ] as const) {
      expect(await run([...verify, '-purpose', purpose, path])).toBe(`${path}: OK\n`);
    }
    await expect(run([...verify, '-purpose', 'sslserver', client])).rejects.toThrow(
      'unsuitable certificate purpose',
    );
    const names = ['-verify_hostname', 'agg.example', '-verify_ip', '2001:db8::1'];
    expect(await run([...verify, ...names, server])).toBe(`${server}: OK\n`);
  });

  it('has the extensions that strict libraries require', async () => {
    using directory = new TemporaryDirectory();
    const folder = directory.path;
    await initFolder(folder, aggregator, NOW);
    const extensions = (name: string) =>
      run(['openssl', 'x509', '-noout', '-in', join(folder, name), '-ext', EXTENSIONS]);
    const authorityId = /Subject Key Identifier: \n {4}(\S+)/.exec(await extensions('ca.crt'))![1];
    expect(await extensions('ca.crt')).toMatch(/Basic Constraints: critical\n {4}CA:TRUE, pathlen:0\n/);
    expect(await extensions('ca.crt')).toMatch(/Key Usage: critical\n {4}Certificate Sign, CRL Sign\n/);
    const leaf = await extensions('aggregator.crt');
    expect(leaf).toMatch(/Basic Constraints: critical\n {4}CA:FALSE\n/);
    expect(leaf).toMatch(/X509v3 Key Usage: critical\n {4}Digital Signature\n/);
    expect(leaf).toMatch(
      /Extended Key Usage: \n {4}TLS Web Server Authentication, TLS Web Client Authentication\n/,
    );
    expect(leaf).toMatch(/DNS:agg.example, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1\n/);
    expect(leaf).toContain(`Authority Key Identifier: \n    ${authorityId}\n`);
  });

  it('serves a mutual handshake with openssl at either end', async () => {
    using directory = new TemporaryDirectory();
    const folder = directory.path;
    await initFolder(folder, { ...aggregator, names: ['localhost'] }, Date.now());
    await issueCertificate(folder, join(folder, 'node-1'), agent, Date.now());
    const files = (path: string, holder: string) => [
      ...['-CAfile', join(path, 'ca.crt'), '-cert', join(path, `${holder}.crt`)],
      ...['-key', join(path, `${holder}.key`)],
    ];
    await using server = new Program([
      ...['openssl', 's_server', '-www', '-accept', '127.0.0.1:0', '-Verify', '1', '-verify_return_error'],
      ...files(folder, 'aggregator'),
    ]);
    const [, port] = await server.says(/ACCEPT 127\.0\.0\.1:(\d+)/);
    const client = await run([
      ...['openssl', 's_client', '-connect', `127.0.0.1:${port}`, '-verify_return_error'],
      ...['-verify_hostname', 'localhost', ...files(join(folder, 'node-1'), 'agent')],
    ]);
    expect(client).toContain('Verify return code: 0 (ok)');
    await server.says(/depth=0 O = Weir, CN = node-1\nverify return:1\n/);
  });
});

const EXTENSIONS = [
  'basicConstraints',
  'keyUsage',
  'extendedKeyUsage',
  'subjectAltName',
  'subjectKeyIdentifier',
  'authorityKeyIdentifier',
].join(',');

describe('a certificate', () => {
  it('is valid from an hour before its creation, and no longer than its authority', async () => {
    using directory = new TemporaryDirectory();
    const { authority, certificate } = await initFolder(directory.path, { ...aggregator, days: 30_000 }, NOW);
    expect(authority.validFromDate.toISOString()).toBe('2026-03-01T11:00:00.000Z');
    expect(authority.validToDate.getTime()).toBe(Math.floor((NOW + 3_650 * DAY_MS) / 1_000) * 1_000);
    expect(certificate.validToDate).toEqual(authority.validToDate);
    const short = await issueCertificate(
      directory.path,
      directory.file('node-1'),
      { ...agent, days: 7 },
      NOW,
    );
    expect(short.certificate.validToDate.toISOString()).toBe('2026-03-08T12:00:00.000Z');
  });

  it('has a serial number of 16 random octets, and an authority with a unique name', async () => {
    using directory = new TemporaryDirectory();
    const all = await Promise.all(
      ['a', 'b', 'c'].map((name) => initFolder(directory.file(name), aggregator, NOW)),
    );
    const serials = all.flatMap(({ authority, certificate }) => [
      authority.serialNumber,
      certificate.serialNumber,
    ]);
    expect(new Set(serials).size).toBe(6);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
    expect(new Set(all.map(({ authority }) => authority.subject)).size).toBe(3);
  });

  it('has a name too long for a common name among its alternative names', async () => {
    using directory = new TemporaryDirectory();
    const name = `${'a'.repeat(60)}.example.org`;
    const { certificate } = await initFolder(directory.path, { ...aggregator, names: [name] }, NOW);
    expect(certificate.subject).toBe('O=Weir');
    expect(certificate.checkHost(name)).toBe(name);
  });
});

describe('the files', () => {
  it('are unreadable to others if they are keys, with any umask', async () => {
    using directory = new TemporaryDirectory();
    const folder = directory.file('certs');
    const umask = process.umask(0);
    try {
      await initFolder(folder, aggregator, NOW);
      process.umask(0o077);
      await issueCertificate(folder, directory.file('node-1'), agent, NOW);
    } finally {
      process.umask(umask);
    }
    const modes = (path: string) =>
      Object.fromEntries(readdirSync(path).map((name) => [name, modeOf(join(path, name))]));
    expect([modeOf(folder), modes(folder)]).toEqual([
      0o755,
      {
        'aggregator.crt': 0o644,
        'aggregator.key': 0o600,
        'ca.crt': 0o644,
        'ca.key': 0o600,
        'issued.jsonl': 0o644,
      },
    ]);
    expect([modeOf(directory.file('node-1')), modes(directory.file('node-1'))]).toEqual([
      0o755,
      { 'agent.crt': 0o644, 'agent.key': 0o600, 'ca.crt': 0o644 },
    ]);
  });

  it('are never replaced, and an existing one prevents all others', async () => {
    using directory = new TemporaryDirectory();
    const folder = directory.path;
    writeFileSync(join(folder, 'aggregator.key'), 'mine');
    await expect(initFolder(folder, aggregator, NOW)).rejects.toMatchObject({
      code: 'WEIR_CERTS_EXIST',
      message: `${folder}/aggregator.key already exists, and is not replaced`,
    });
    expect(readdirSync(folder)).toEqual(['aggregator.key']);
    expect(readFileSync(join(folder, 'aggregator.key'), 'utf8')).toBe('mine');
  });

  it('are not replaced if one appears meanwhile', async () => {
    using directory = new TemporaryDirectory();
    writeFileSync(directory.file('b'), 'mine');
    const files = ['a', 'b', 'c'].map((name) => ({ name, text: 'new', mode: 0o600 }));
    await expect(writeNewFiles(directory.path, files)).rejects.toMatchObject({ code: 'WEIR_CERTS_EXIST' });
    expect(readdirSync(directory.path)).toEqual(['b']);
    expect(readFileSync(directory.file('b'), 'utf8')).toBe('mine');
  });

  it('of an authority are not created beside those of another', async () => {
    using directory = new TemporaryDirectory();
    const folder = directory.path;
    await initFolder(folder, aggregator, NOW);
    const before = readFileSync(join(folder, 'ca.key'), 'utf8');
    await expect(initFolder(folder, aggregator, NOW)).rejects.toMatchObject({ code: 'WEIR_CERTS_EXIST' });
    expect(readFileSync(join(folder, 'ca.key'), 'utf8')).toBe(before);
    const host = directory.file('node-1');
    await initFolder(host, aggregator, NOW);
    await expect(issueCertificate(folder, host, agent, NOW)).rejects.toMatchObject({
      message: `${host}/ca.crt is the certificate of another authority`,
    });
    expect(existsSync(join(host, 'agent.key'))).toBe(false);
  });

  it('of an agent may be beside those of its aggregator', async () => {
    using directory = new TemporaryDirectory();
    await initFolder(directory.path, aggregator, NOW);
    const { authority } = await issueCertificate(directory.path, directory.path, agent, NOW);
    const certificate = certificateIn(directory.file('agent.crt'));
    expect(certificate.verify(authority.publicKey)).toBe(true);
    expect(certificate.subject).toBe('O=Weir\nCN=node-1');
  });
});

describe('a folder', () => {
  it('gets no key if others may write to it', async () => {
    using directory = new TemporaryDirectory();
    const folder = directory.file('open');
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    await expect(initFolder(folder, aggregator, NOW)).rejects.toMatchObject({
      code: 'WEIR_FOLDER_OPEN_TO_ALL',
    });
    await expect(initFolder(join(folder, 'below'), aggregator, NOW)).rejects.toMatchObject({
      code: 'WEIR_FOLDER_OPEN_TO_ALL',
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('gets no key if it is a link, and links in it are not followed', async () => {
    using directory = new TemporaryDirectory();
    const [real, link] = [directory.file('real'), directory.file('link')];
    mkdirSync(real);
    symlinkSync(real, link);
    await expect(initFolder(link, aggregator, NOW)).rejects.toMatchObject({
      code: 'WEIR_CERTS_FILE',
      message: `${link}: expected a directory, found a symbolic link`,
    });
    symlinkSync(directory.file('elsewhere'), join(real, 'ca.key'));
    await expect(initFolder(real, aggregator, NOW)).rejects.toMatchObject({
      code: 'WEIR_CERTS_FILE',
      message: `${real}/ca.key cannot be read: it is a symbolic link`,
    });
    expect(existsSync(directory.file('elsewhere'))).toBe(false);
  });
});

describe('an authority', () => {
  const refused = async (spoil: (folder: string) => void, now = NOW): Promise<string> => {
    using directory = new TemporaryDirectory();
    await initFolder(directory.path, aggregator, NOW);
    spoil(directory.path);
    const attempt = issueCertificate(directory.path, directory.file('node-1'), agent, now);
    const error = await attempt.then(
      () => undefined,
      (cause) => cause,
    );
    expect(error).toMatchObject({ code: 'WEIR_CERTS_AUTHORITY' });
    expect(existsSync(directory.file('node-1'))).toBe(false);
    return error.message.replaceAll(directory.path, 'DIR');
  };

  it('signs nothing without its key', async () => {
    const message = await refused((folder) => rmSync(join(folder, 'ca.key')));
    expect(message).toMatch(
      /^DIR\/ca\.key: expected the key of the authority of "O=Weir, CN=Weir authority \w{8}", found no such file$/,
    );
  });

  it("signs nothing with another authority's key", async () => {
    const message = await refused((folder) => cpSync(join(folder, 'aggregator.key'), join(folder, 'ca.key')));
    expect(message).toBe('DIR/ca.key: expected the key of a certificate in DIR/ca.crt, found another key');
  });

  it('signs nothing if it is the certificate of a host', async () => {
    const message = await refused((folder) => {
      cpSync(join(folder, 'aggregator.key'), join(folder, 'ca.key'));
      cpSync(join(folder, 'aggregator.crt'), join(folder, 'ca.crt'));
    });
    expect(message).toBe('DIR/ca.crt: expected the certificate of an authority, found that of a host');
  });

  it('signs nothing after its expiry', async () => {
    expect(await refused(() => {}, NOW + 3_651 * DAY_MS)).toBe(
      'DIR/ca.crt: the authority expired on 2036-02-27',
    );
  });

  it('is not created by a second command if it is missing', async () => {
    expect(await refused((folder) => rmSync(join(folder, 'ca.crt')))).toMatch(/found no such file$/);
  });
});
