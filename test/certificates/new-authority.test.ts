import { once } from 'node:events';
import { appendFileSync, copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { expect, it } from 'vitest';
import { initFolder, issueCertificate } from '../../src/certificates/index.ts';
import { readPem } from '../../src/certificates/pem-file.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

const aggregator = { role: 'aggregator', names: ['localhost'], days: 1 } as const;
const agent = { role: 'agent', names: ['node-1'], days: 1 } as const;

/** Whether two ends with these directories accept each other; if not, the code of the fault. */
async function handshake(serverFolder: string, clientFolder: string): Promise<string> {
  const material = (folder: string, holder: string) => ({
    ca: readPem(readFileSync(`${folder}/ca.crt`, 'latin1')).map((one) =>
      one.kind === 'certificate' ? one.certificate.toString() : one.kind,
    ),
    cert: readFileSync(`${folder}/${holder}.crt`),
    key: readFileSync(`${folder}/${holder}.key`),
  });
  const server = createServer({ ...material(serverFolder, 'aggregator'), requestCert: true });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await new Promise((resolve) => {
      const { port } = server.address() as AddressInfo;
      const client = connect({
        port,
        host: '127.0.0.1',
        servername: 'localhost',
        ...material(clientFolder, 'agent'),
      });
      const ends = [once(server, 'secureConnection'), once(client, 'secureConnect')];
      Promise.all(ends).then(
        () => {
          client.destroy();
          resolve('accepted');
        },
        () => {}, // told below
      );
      server.on('tlsClientError', (error: NodeJS.ErrnoException) => resolve(`server: ${error.code}`));
      client.on('error', (error: NodeJS.ErrnoException) => resolve(`client: ${error.code}`));
    });
  } finally {
    server.close();
  }
}

it('a new authority replaces one with a lost key step by step, and no agent is refused', async () => {
  using directory = new TemporaryDirectory();
  const [collector, node, fresh] = ['collector', 'node', 'fresh'].map((name) => directory.file(name)) as [
    string,
    string,
    string,
  ];
  const now = Date.now();
  await initFolder(collector, aggregator, now);
  await issueCertificate(collector, node, agent, now);
  rmSync(`${collector}/ca.key`);
  expect(await handshake(collector, node)).toBe('accepted');

  await initFolder(fresh, aggregator, now);
  const lone = readFileSync(`${fresh}/ca.crt`);
  appendFileSync(`${fresh}/ca.crt`, readFileSync(`${collector}/ca.crt`));
  for (const folder of [collector, node]) copyFileSync(`${fresh}/ca.crt`, `${folder}/ca.crt`);
  expect(await handshake(collector, node)).toBe('accepted');

  for (const name of ['aggregator.key', 'aggregator.crt'])
    copyFileSync(`${fresh}/${name}`, `${collector}/${name}`);
  expect(await handshake(collector, node)).toBe('accepted');

  const renewed = directory.file('renewed');
  await issueCertificate(fresh, renewed, agent, now);
  expect(readFileSync(`${renewed}/ca.crt`, 'utf8')).toBe(readFileSync(`${fresh}/ca.crt`, 'utf8'));
  expect(await handshake(collector, renewed)).toBe('accepted');

  writeFileSync(`${collector}/ca.crt`, lone);
  expect(await handshake(collector, renewed)).toBe('accepted');
  expect(await handshake(collector, node)).not.toBe('accepted');
});

it('a second aggregator of one authority is accepted by agents of the first', async () => {
  using directory = new TemporaryDirectory();
  const [first, second, node] = ['first', 'second', 'node'].map((name) => directory.file(name)) as [
    string,
    string,
    string,
  ];
  await initFolder(first, { ...aggregator, names: ['site-1'] }, Date.now());
  await issueCertificate(first, second, aggregator, Date.now());
  await issueCertificate(first, node, agent, Date.now());
  expect(await handshake(second, node)).toBe('accepted');
  expect(await handshake(first, node)).toBe('client: ERR_TLS_CERT_ALTNAME_INVALID');
});
