import { createSocket } from 'node:dgram';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { batchOf, type FlowRecord } from '../../src/flow/index.ts';
import { freePort } from '../support/free-port.ts';
import { startExporter, type TestExporter } from '../support/ipfix.ts';
import { mainThreadUse, watchedMainThread } from '../support/main-thread.ts';
import { Program } from '../support/program.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';
import { floods, partialMessage, worstMixes } from './hostile-messages.ts';

/*
 * An aggregator, an honest exporter, and peers that send the worst possible input. Pauses are measured in
 * processor time, which a busy machine does not lengthen.
 */

/** Started as by users: the launcher's memory limits are part of the promise. */
const launcher = fileURLToPath(new URL('../../bin/weir', import.meta.url));
const MEGABYTE = 1024 * 1024;
const MOST_GROWTH = 256 * MEGABYTE;
const LONGEST_TURN_MS = 100;
const SCRAPE_MS = 2_000;
const PARTIAL_SESSIONS = 400;
/**
 * The octets that may wait in the UDP socket, so that few datagrams are lost. Each takes this much beside its
 * own octets.
 */
const MOST_UNREAD = 100_000;
const DATAGRAM_OCTETS = 1_000;

it('a peer that sends the worst 100 MB is counted, uses little memory, and affects no other records', async () => {
  await using bed = await Bed.start();
  for (const messages of worstMixes()) await bed.playByTcp(messages);
  for (let n = 0; n < PARTIAL_SESSIONS; n++) await bed.write(await bed.dial(), partialMessage);
  await bed.expectCalm();
  const events = await bed.expectNoLoss();
  expect(events('ipfix in')).toMatchObject({
    'names cut': expect.any(Number),
    'template-store-full': expect.any(Number),
  });
  expect(events('aggregator')).toMatchObject({ 'evicted, share full': expect.any(Number) });
});

it('a peer that sends the same over UDP does so, too', async () => {
  await using bed = await Bed.start();
  for (const messages of worstMixes()) await bed.playByUdp(messages);
  await bed.expectCalm();
  const events = await bed.expectNoLoss();
  expect(events('aggregator')).toMatchObject({ 'evicted, share full': expect.any(Number) });
});

it('a peer that sends over UDP from thousands of ports and addresses does so, too', async () => {
  await using bed = await Bed.start();
  for (const { address, messages } of floods()) await bed.playByUdp(messages, address);
  await bed.expectCalm();
  const events = await bed.expectNoLoss();
  expect(events('ipfix in messages')).toMatchObject({ 'sessions gave way': expect.any(Number) });
});

it('an exporter connects beside 10,000 hostile sessions and loses nothing', async () => {
  await using bed = await Bed.start();
  const [template] = worstMixes()[0]!;
  for (let n = 0; n < 10_000; n++) await bed.write(await bed.dial(), template!);
  const late = await bed.newExporter();
  late.exporter.send(batchOf([{ sourceIP: '10.0.0.3', destinationIP: '10.0.0.4' }]));
  await until('its record', () => late.exporter.account.sent === 1);
  await bed.expectCalm();
  const events = await bed.expectNoLoss();
  expect(events('ipfix in messages')).toMatchObject({ 'sessions gave way': expect.any(Number) });
});

interface Ports {
  readonly ipfix: number;
  readonly http: number;
  readonly metrics: number;
}

/** An aggregator, and an honest exporter that sends a record every 20 ms. */
class Bed implements AsyncDisposable {
  readonly #weir: Program;
  readonly #ports: Ports;
  readonly #stack = new AsyncDisposableStack();
  readonly #sockets: Socket[] = [];
  readonly #honest: TestExporter[] = [];
  #before = 0;
  #sent = 0;
  #longestTurnMs = 0;
  /** Octets sent by UDP since the aggregator's last turn. */
  #unread = 0;

  private constructor(weir: Program, ports: Ports) {
    this.#weir = this.#stack.use(weir);
    this.#ports = ports;
  }

  static async start(): Promise<Bed> {
    const ports = { ipfix: await freePort(), http: await freePort(), metrics: await freePort() };
    const directory = new TemporaryDirectory();
    const file = directory.file('aggregator.yaml');
    const settings = {
      listen: [`tcp://127.0.0.1:${ports.ipfix}`, `udp://127.0.0.1:${ports.ipfix}`],
      http: { listen: `127.0.0.1:${ports.http}` },
      metrics: { listen: `127.0.0.1:${ports.metrics}` },
    };
    writeFileSync(file, JSON.stringify({ weir: settings }));
    const bed = new Bed(new Program([launcher, 'aggregator', '-c', file], watchedMainThread), ports);
    bed.#stack.use(directory);
    await until('the aggregator', () => bed.#weir.stderr.includes('weir: ready'));
    await bed.newExporter();
    const timer = setInterval(() => bed.#sendOne(), 20);
    bed.#stack.defer(() => clearInterval(timer));
    await until('an honest record', () => bed.#honest[0]!.exporter.account.sent > 0);
    await mainThreadUse(bed.#weir);
    bed.#before = residentOctets(bed.#weir);
    return bed;
  }

  async newExporter(): Promise<TestExporter> {
    const to = { protocol: 'tcp', host: '127.0.0.1', port: this.#ports.ipfix } as const;
    const exporter = this.#stack.use(await startExporter(to));
    this.#honest.push(exporter);
    return exporter;
  }

  /** A connection of a hostile peer. It may be closed at any time. */
  async dial(): Promise<Socket> {
    const socket = connect({ host: '127.0.0.1', port: this.#ports.ipfix });
    socket.on('error', () => {});
    this.#sockets.push(socket);
    await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
    return socket;
  }

  async write(socket: Socket, octets: Uint8Array): Promise<void> {
    await new Promise<void>((resolve) => {
      if (socket.destroyed) resolve();
      else socket.write(octets, () => resolve());
    });
  }

  async playByTcp(messages: Iterable<Uint8Array>): Promise<void> {
    const socket = await this.dial();
    for (const octets of messages) await this.write(socket, octets);
    if (!socket.destroyed) await new Promise((resolve) => socket.once('close', resolve).end());
    await this.#turn();
  }

  /** @param address of the sender */
  async playByUdp(messages: Iterable<Uint8Array>, address = '127.0.0.1'): Promise<void> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, address, resolve));
    for (const octets of messages) {
      await new Promise<void>((resolve) =>
        socket.send(octets, this.#ports.ipfix, '127.0.0.1', () => resolve()),
      );
      this.#unread += octets.length + DATAGRAM_OCTETS;
      if (this.#unread >= MOST_UNREAD) await this.#turn();
    }
    socket.close();
  }

  /** No long turn so far, little memory, and a scrape that costs little. */
  async expectCalm(): Promise<void> {
    await this.#turn();
    const page = await (await fetch(`http://127.0.0.1:${this.#ports.metrics}/metrics`)).text();
    const scrapeMs = await this.#turn();
    const growth = residentOctets(this.#weir) - this.#before;
    expect(page).toContain('weir_aggregator_flows');
    expect(this.#longestTurnMs).toBeLessThan(LONGEST_TURN_MS);
    expect(scrapeMs).toBeLessThan(SCRAPE_MS);
    expect(growth).toBeLessThan(MOST_GROWTH);
  }

  /**
   * All honest records arrived, and the ledger closes. @returns the events of accounts whose name begins so
   */
  async expectNoLoss(): Promise<(account: string) => Record<string, number>> {
    const honest = this.#honest[0]!.exporter;
    const sent = this.#sent;
    expect(sent).toBeGreaterThan(10);
    await until('the honest records', () => honest.account.sent >= sent);
    for (const { exporter } of this.#honest) expect(exporter.account.toJSON()).toMatchObject({ dropped: {} });
    const ledger = (await (await fetch(`http://127.0.0.1:${this.#ports.http}/ledger`)).json()) as {
      name: string;
      closed: boolean;
      events: Record<string, number>;
    }[];
    expect(ledger.every(({ closed }) => closed)).toBe(true);
    return (account) =>
      Object.assign({}, ...ledger.filter(({ name }) => name.startsWith(account)).map(({ events }) => events));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await this.#stack.disposeAsync();
  }

  /**
   * Waits for a turn of the aggregator's event loop. @returns the processor time that it has used, in
   * milliseconds
   */
  async #turn(): Promise<number> {
    const { cpuMs, longestTurnMs } = await mainThreadUse(this.#weir);
    this.#longestTurnMs = Math.max(this.#longestTurnMs, longestTurnMs);
    this.#unread = 0;
    return cpuMs;
  }

  #sendOne(): void {
    const record: FlowRecord = {
      sourceIP: '10.0.0.1',
      destinationIP: '10.0.0.2',
      sourceTransportPort: 1 + (this.#sent++ % 60_000),
      sourcePodName: 'honest',
      flowId: this.#sent,
    };
    this.#honest[0]!.exporter.send(batchOf([record]));
  }
}

const residentOctets = ({ pid }: Program): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
