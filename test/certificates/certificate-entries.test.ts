import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { initFolder, issueCertificate, readCertificateEntries } from '../../src/certificates/index.ts';
import { run } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const DAY_MS = 86_400_000;

/** A folder of an aggregator with its authority. */
async function madeFolder(): Promise<TemporaryDirectory> {
  const directory = new TemporaryDirectory();
  chmodSync(directory.path, 0o755);
  const names = ['agg.example', '2001:db8::1'];
  await initFolder(directory.path, { role: 'aggregator', names, days: 30 }, NOW);
  return directory;
}

/** What is shown of each file: its kind, and its problems. */
async function problemsIn(path: string, now = NOW): Promise<Record<string, string[]>> {
  const entries = await readCertificateEntries([path], now);
  const short = (file: string) => file.slice(file.lastIndexOf('/') + 1);
  return Object.fromEntries(
    entries
      .filter(({ problems }) => problems.length > 0)
      .map(({ file, problems }) => [short(file), [...problems]]),
  );
}

describe('the entry of a certificate or a key', () => {
  it('contains the holder, the issuer, the validity, and the certificate of a key', async () => {
    using directory = await madeFolder();
    const entries = await readCertificateEntries([directory.path], NOW + 1_000);
    expect(
      entries.map(({ file, kind, keyOf }) => [file.slice(directory.path.length + 1), kind, keyOf]),
    ).toEqual([
      ['aggregator.crt', 'certificate', undefined],
      ['aggregator.key', 'key', ['aggregator.crt']],
      ['ca.crt', 'authority', undefined],
      ['ca.key', 'key', ['ca.crt']],
    ]);
    const [leaf, , authority] = entries;
    expect(leaf!.details).toEqual({
      names: ['agg.example', '2001:db8::1'],
      subject: 'O=Weir, CN=agg.example',
      issuer: authority!.details!.subject,
      serialNumber: expect.stringMatching(/^[0-9A-F]{32}$/),
      validFrom: new Date('2026-03-01T11:00:00Z'),
      validUntil: new Date('2026-03-31T12:00:00Z'),
      daysLeft: 29,
      fingerprint: expect.stringMatching(/^[0-9A-F]{2}(:[0-9A-F]{2}){31}$/),
    });
    expect(await problemsIn(directory.path)).toEqual({});
  });

  it('reports a certificate that has expired or is not valid yet', async () => {
    using directory = await madeFolder();
    expect(await problemsIn(directory.path, NOW + 31 * DAY_MS)).toEqual({ 'aggregator.crt': ['expired'] });
    const early = ['not valid yet'];
    expect(await problemsIn(directory.path, NOW - DAY_MS)).toEqual({
      'aggregator.crt': early,
      'ca.crt': early,
    });
    const [leaf] = await readCertificateEntries([directory.file('aggregator.crt')], NOW + 31 * DAY_MS);
    expect(leaf!.details!.daysLeft).toBe(-1);
  });

  it('reports a key of another certificate', async () => {
    using directory = await madeFolder();
    cpSync(directory.file('ca.key'), directory.file('aggregator.key'));
    expect(await problemsIn(directory.path)).toEqual({ 'aggregator.key': ['does not match aggregator.crt'] });
    rmSync(directory.file('aggregator.crt'));
    rmSync(directory.file('ca.crt'));
    const none = ['matches no certificate here'];
    expect(await problemsIn(directory.path)).toEqual({ 'aggregator.key': none, 'ca.key': none });
  });

  it('mentions a certificate of another authority, which is no problem', async () => {
    using directory = await madeFolder();
    using other = await madeFolder();
    cpSync(other.file('ca.crt'), directory.file('ca.crt'));
    const [leaf] = await readCertificateEntries([directory.path], NOW);
    expect([leaf!.remarks, leaf!.problems]).toEqual([['not signed by ca.crt'], []]);
  });

  it('reports a key that others can read', async () => {
    using directory = await madeFolder();
    const key = directory.file('aggregator.key');
    for (const [mode, problems] of [
      [0o604, ['open to every user of this host']],
      [0o660, ['open to its group']],
      [0o400, undefined],
    ] as const) {
      chmodSync(key, mode);
      expect((await problemsIn(directory.path))['aggregator.key']).toEqual(problems);
    }
  });

  it('reports a certificate or directory that others can write to', async () => {
    using directory = await madeFolder();
    const problem = ['every user of this host can write to it'];
    chmodSync(directory.file('ca.crt'), 0o666);
    expect(await problemsIn(directory.path)).toEqual({ 'ca.crt': problem });
    chmodSync(directory.file('ca.crt'), 0o664);
    chmodSync(directory.path, 0o777);
    expect(await problemsIn(directory.path)).toEqual({ [basename(directory.path)]: problem });
  });

  it('reports an unreadable file, and skips files of other kinds', async () => {
    using directory = await madeFolder();
    writeFileSync(directory.file('agent.crt'), '');
    writeFileSync(
      directory.file('broken.pem'),
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
    );
    writeFileSync(directory.file('README'), 'certificates of Weir\n');
    mkdirSync(directory.file('node-1.key'));
    symlinkSync('/nowhere', directory.file('gone.key'));
    expect(await problemsIn(directory.path)).toEqual({
      'agent.crt': ['no certificate or key in it'],
      'broken.pem': [expect.stringMatching(/^a certificate that cannot be read \(/)],
      'gone.key': ['a file that cannot be read: it does not exist'],
    });
  });

  it('contains no control characters', async () => {
    using directory = await madeFolder();
    const names = ['evil\u001b[2Jname'];
    await issueCertificate(directory.path, directory.path, { role: 'agent', names, days: 1 }, NOW);
    const [{ details } = {}] = await readCertificateEntries([directory.file('agent.crt')], NOW);
    expect(details!.names).toEqual(['evil\\u001b[2Jname']);
    expect(JSON.stringify(details)).not.toContain('\u001b');
    expect(details!.subject).toMatch(/^O=Weir, CN=evil\\1B\[2Jname$/);
  });

  it('needs a path with certificates', async () => {
    using directory = await madeFolder();
    writeFileSync(directory.file('README'), 'certificates of Weir\n');
    for (const [name, message] of [
      ['nowhere', 'cannot be read: it does not exist'],
      ['README', ': expected a certificate or a private key, found neither'],
    ] as const) {
      await expect(readCertificateEntries([directory.file(name)], NOW)).rejects.toMatchObject({
        code: 'WEIR_CERTS_FILE',
        message: expect.stringContaining(message),
      });
    }
  });
});

requires('root')('a key of root', () => {
  it('may be shared with the group of a service, unlike that of another user', async () => {
    using directory = await madeFolder();
    const key = directory.file('aggregator.key');
    chmodSync(key, 0o640);
    expect(await problemsIn(directory.path)).toEqual({});
    chownSync(key, 1, 1);
    expect(await problemsIn(directory.path)).toEqual({ 'aggregator.key': ['open to its group'] });
  });
});

requires('openssl')('certificates from other tools', () => {
  it('are shown, including bundles, DER, and keys of other kinds or with a passphrase', async () => {
    using directory = new TemporaryDirectory();
    const file = (name: string) => directory.file(name);
    const openssl = (...words: string[]) => run(['openssl', ...words]);
    const made = (name: string, ...key: string[]) =>
      openssl(
        ...[
          'req',
          '-x509',
          '-nodes',
          '-newkey',
          ...key,
          '-keyout',
          file(`${name}.key`),
          '-out',
          file(`${name}.crt`),
        ],
        ...['-subj', `/O=Example/CN=${name}`, '-days', '2'],
      );
    await made('rsa', 'rsa:2048');
    await made('edwards', 'ed25519');
    await openssl('ecparam', '-name', 'secp384r1', '-genkey', '-out', file('with-parameters.key'));
    await openssl(
      'req',
      '-x509',
      '-key',
      file('with-parameters.key'),
      '-subj',
      '/CN=ec',
      '-out',
      file('with-parameters.crt'),
    );
    await openssl(
      'pkcs8',
      '-topk8',
      '-in',
      file('rsa.key'),
      '-passout',
      'pass:word',
      '-out',
      file('closed.key'),
    );
    await openssl('x509', '-in', file('rsa.crt'), '-outform', 'DER', '-out', file('same.der'));
    const chain = ['rsa', 'edwards'].map((name) => readFileSync(file(`${name}.crt`), 'utf8'));
    writeFileSync(file('chain.pem'), `subject: two of them\n${chain.join('\n')}`);
    const entries = await readCertificateEntries([directory.path], Date.now());
    const told = entries.map(({ file: path, kind, details, keyOf, remarks, problems }) => [
      path.slice(directory.path.length + 1),
      kind,
      details?.names.join() ?? keyOf?.join() ?? remarks.join(),
      problems.join(),
    ]);
    expect(told).toEqual([
      ['chain.pem', 'authority', 'rsa', ''],
      ['chain.pem', 'authority', 'edwards', ''],
      ['closed.key', 'key', 'under a passphrase, not compared', ''],
      ['edwards.crt', 'authority', 'edwards', ''],
      ['edwards.key', 'key', 'chain.pem,edwards.crt', ''],
      ['rsa.crt', 'authority', 'rsa', ''],
      ['rsa.key', 'key', 'chain.pem,rsa.crt,same.der', ''],
      ['same.der', 'authority', 'rsa', ''],
      ['with-parameters.crt', 'authority', 'ec', ''],
      ['with-parameters.key', 'key', 'with-parameters.crt', ''],
    ]);
  });

  it('may be signed by ca.crt through an intermediate authority', async () => {
    using directory = new TemporaryDirectory();
    const file = (name: string) => directory.file(name);
    const openssl = (...words: string[]) => run(['openssl', ...words]);
    const request = (name: string) => [
      ...[
        'req',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-keyout',
        file(`${name}.key`),
      ],
      ...['-subj', `/CN=${name}`],
    ];
    await openssl(...request('root'), '-x509', '-out', file('ca.crt'));
    const sign = async (name: string, signer: string, key: string, extension: string) => {
      await openssl(...request(name), '-out', file('request'));
      writeFileSync(file('extensions'), extension);
      const by = [
        '-CA',
        file(signer),
        '-CAkey',
        file(`${key}.key`),
        '-CAcreateserial',
        '-extfile',
        file('extensions'),
      ];
      await openssl('x509', '-req', '-in', file('request'), ...by, '-out', file(`${name}.crt`));
    };
    await sign('issuing', 'ca.crt', 'root', 'basicConstraints=critical,CA:TRUE');
    await sign('agent', 'issuing.crt', 'issuing', 'basicConstraints=CA:FALSE');
    const remarksOnAgent = async () => {
      const entries = await readCertificateEntries([directory.path], Date.now());
      return entries.find((entry) => entry.file === file('agent.crt'))!.remarks;
    };
    expect(await remarksOnAgent()).toEqual([]);
    rmSync(file('issuing.crt'));
    expect(await remarksOnAgent()).toEqual(['not signed by ca.crt']);
  });
});
