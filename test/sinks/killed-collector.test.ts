import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { type AvailableTransport, availableTransports } from '../../src/ipfix/index.ts';
import { freePort } from '../support/free-port.ts';
import { Program } from '../support/program.ts';
import { SpooledCollector } from '../support/spooled-collector.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const script = new URL('../support/noting-collector.ts', import.meta.url).pathname;

/** A process that collects at a port, once it listens. */
async function startCollector(protocol: AvailableTransport, port: number, file: string): Promise<Program> {
  const collector = new Program([process.execPath, script, protocol, String(port), file]);
  await collector.says(/listening/);
  return collector;
}

/** The numbers of the records that the collectors have received so far. */
function numbersIn(file: string): number[] {
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : [];
}

it.each(availableTransports)(
  'a spool loses nothing uncounted to a collector that is killed: %s',
  async (protocol) => {
    using place = new TemporaryDirectory();
    const file = place.file('received');
    const received = () => numbersIn(file);
    const port = await freePort();
    const first = await startCollector(protocol, port, file);
    const scene = new SpooledCollector({ protocol, host: '127.0.0.1', port }, place.file('spool'));
    await scene.sink.start();
    await until('a session', () => scene.sink.isUp);
    expect(scene.sink.certificateExpiryMs !== undefined).toBe(protocol === 'tls' || protocol === 'dtls');
    let written = 0;
    const write = async () => {
      await scene.write(10);
      written += 10;
      await delay(2); // an even load
    };
    while (received().length < 200) await write();
    first.process.kill('SIGKILL');
    await first.ended;
    while (scene.sink.account.received < 300) await write();
    await using second = await startCollector(protocol, port, file);
    for (let more = 0; more < 20; more++) await write();
    await until('an empty spool', () => scene.sink.account.held === 0);
    const unconfirmed = () => scene.ledger.toJSON()[0]!.events.unconfirmed ?? 0;
    await until('the records that did not get lost', () => received().length >= written - unconfirmed());
    await scene.sink.stop(60_000);

    const numbers = received();
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(numbers.at(-1)).toBe(written - 1);
    expect(scene.ledger.toJSON()).toMatchObject([
      { name: 'collector', received: written, sent: written, dropped: {}, closed: true },
      { name: 'collector spool', held: 0, dropped: {}, closed: true },
    ]);
    expect(second.stderr).toBe('');
  },
);

it.each(availableTransports)(
  'a spool that gets full while its collector is away counts exactly what it drops: %s',
  async (protocol) => {
    using place = new TemporaryDirectory();
    const file = place.file('received');
    const received = () => numbersIn(file);
    const port = await freePort();
    const first = await startCollector(protocol, port, file);
    const maxOctets = 200_000;
    const scene = new SpooledCollector({ protocol, host: '127.0.0.1', port }, place.file('spool'), {
      maxOctets,
    });
    await scene.sink.start();
    await until('a session', () => scene.sink.isUp);
    let written = 0;
    const write = async (count: number) => {
      await scene.write(count, 100);
      written += count;
    };
    await write(100);
    await until('the first records', () => received().length === 100);
    first.process.kill('SIGKILL');
    await first.ended;
    const dropped = () => scene.sink.account.dropped.get('spool full') ?? 0;
    while (dropped() === 0) await write(500);
    await using _second = await startCollector(protocol, port, file);
    await until('an empty spool', () => scene.sink.account.held === 0);
    const { unconfirmed = 0 } = scene.ledger.toJSON()[0]!.events;
    await until('the rest', () => received().length >= written - dropped() - unconfirmed);
    await scene.sink.stop(60_000);

    const numbers = received();
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers.length).toBeLessThanOrEqual(written - dropped());
    expect(scene.ledger.toJSON()).toMatchObject([
      { name: 'collector', dropped: {}, held: 0, closed: true },
      { name: 'collector spool', dropped: { 'spool full': dropped() }, held: 0, closed: true },
    ]);
  },
  60_000,
);
