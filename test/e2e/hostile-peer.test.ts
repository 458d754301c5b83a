import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { batchOf, type FlowRecord } from '../../src/flow/index.ts';
import { freePort } from '../support/free-port.ts';
import { dial, startExporter } from '../support/ipfix.ts';
import { message, octets, set, template, text, u16, u32 } from '../support/ipfix-octets.ts';
import { Program } from '../support/program.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

/*
 * An aggregator, an exporter that means well, and a peer that sends the worst mixes it can think of.
 */

/** As users start it: what the launcher says of memory is part of the promise. */
const launcher = fileURLToPath(new URL('../../bin/weir', import.meta.url));
const MEGABYTE = 1024 * 1024;
const addresses: readonly [number, number][] = [
  [8, 4],
  [12, 4],
  [7, 2],
  [11, 2],
  [4, 1],
];
const variable = 65_535;
const podName: [number, number, number] = [101, variable, 56_506];

const residentOctets = ({ pid }: Program): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;

const write = (socket: Socket, bytes: Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    if (socket.destroyed) resolve();
    else socket.write(bytes, () => resolve());
  });

/** Templates with a layout of their own, each with a record. */
function* layouts(): Generator<Uint8Array> {
  for (let n = 0; n < 8_000; n++) {
    const fields = [...addresses, [1 + n, 1, 40_000] as [number, number, number]];
    const id = 256 + (n % 4_000);
    yield message(set(2, template(id, ...fields)), set(id, new Uint8Array(14).fill(1)));
  }
}

/** Templates of 8000 fields that no registry knows. */
function* wideTemplates(): Generator<Uint8Array> {
  for (let n = 0; n < 64; n++) {
    const fields = Array.from({ length: 8_000 }, (_, i): [number, number, number] => [1 + i, 1, 100 + n]);
    yield message(set(2, template(256 + n, ...fields)));
  }
}

/** Flows that each come once, many in a message. */
function* flows(): Generator<Uint8Array> {
  yield message(set(2, template(256, ...addresses)));
  for (let n = 0; n < 250; n++) yield message(set(256, randomBytes(13 * 1_000)));
}

/** Flows with a name of their own, as long as a name may be on the wire. */
function* names(): Generator<Uint8Array> {
  yield message(set(2, template(256, ...addresses, podName)));
  for (let n = 0; n < 400; n++) {
    const name = octets(255, u16(60_000), randomBytes(60_000));
    yield message(set(256, randomBytes(13), name));
  }
  for (let n = 0; n < 200; n++) {
    const records = Array.from({ length: 100 }, (_, i) =>
      octets(randomBytes(13), text(`pod-${n}-${i}-`.padEnd(200, 'x'))),
    );
    yield message(set(256, ...records));
  }
}

async function play(port: number, messages: Iterable<Uint8Array>): Promise<void> {
  const socket = await dial({ protocol: 'tcp', host: '127.0.0.1', port });
  socket.on('error', () => {});
  for (const bytes of messages) await write(socket, bytes);
  socket.end();
}

it('a peer that sends the worst costs little memory and no records of others, and is counted', async () => {
  using directory = new TemporaryDirectory();
  const [port, http, metrics] = [await freePort(), await freePort(), await freePort()];
  const file = directory.file('aggregator.yaml');
  const settings = {
    listen: [`tcp://127.0.0.1:${port}`],
    http: { listen: `127.0.0.1:${http}` },
    metrics: { listen: `127.0.0.1:${metrics}` },
  };
  writeFileSync(file, JSON.stringify({ weir: settings }));
  await using weir = new Program([launcher, 'aggregator', '-c', file]);
  await until('the aggregator', () => weir.stderr.includes('weir: ready'), { timeoutMs: 30_000 });
  const before = residentOctets(weir);
  await using honest = await startExporter({ protocol: 'tcp', host: '127.0.0.1', port });
  let sent = 0;
  const sendOne = () => {
    const record: FlowRecord = {
      sourceIP: '10.0.0.1',
      destinationIP: '10.0.0.2',
      sourceTransportPort: ++sent,
    };
    honest.exporter.send(batchOf([{ ...record, sourcePodName: 'honest', flowId: sent }]));
  };
  const timer = setInterval(sendOne, 20);
  const silent: Socket[] = [];
  for (const messages of [flows(), names(), layouts(), wideTemplates()]) await play(port, messages);
  for (let n = 0; n < 400; n++) {
    const socket = await dial({ protocol: 'tcp', host: '127.0.0.1', port });
    socket.on('error', () => {});
    silent.push(socket);
    await write(socket, octets(u16(10), u16(65_535), u32(0), new Uint8Array(60_000)));
  }
  const scrapedAt = performance.now();
  const page = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
  expect(performance.now() - scrapedAt).toBeLessThan(10_000); // generous: the machine may be busy
  expect(page).toContain('weir_aggregator_flows');
  clearInterval(timer);
  expect(residentOctets(weir) - before).toBeLessThan(256 * MEGABYTE);
  expect(sent).toBeGreaterThan(10);
  await until('the honest records', () => honest.exporter.account.sent === sent, { timeoutMs: 30_000 });
  const ledger = (await (await fetch(`http://127.0.0.1:${http}/ledger`)).json()) as {
    name: string;
    unit: string;
    closed: boolean;
    events: Record<string, number>;
  }[];
  const eventsOf = (name: string) =>
    Object.assign({}, ...ledger.filter((one) => one.name.startsWith(name)).map(({ events }) => events));
  expect(ledger.every(({ closed }) => closed)).toBe(true);
  expect(eventsOf('ipfix in')).toMatchObject({ 'names cut': 400, 'template-store-full': expect.any(Number) });
  expect(eventsOf('aggregator')).toMatchObject({ 'evicted, share full': expect.any(Number) });
  for (const socket of silent) socket.destroy();
});
