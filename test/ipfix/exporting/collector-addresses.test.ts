import { describe, expect, it } from 'vitest';
import { batchOf } from '../../../src/flow/index.ts';
import { CollectorAddresses } from '../../../src/ipfix/exporting/collector-addresses.ts';
import { startCollector, startExporter } from '../../support/ipfix.ts';
import { until } from '../../support/until.ts';

const flow = { sourceIP: '10.0.0.1', destinationIP: '10.0.0.2', protocolIdentifier: 6, flowId: 1 };

/** A name whose addresses the test sets. */
class Name {
  addresses: string[];
  isGone = false;

  constructor(...addresses: string[]) {
    this.addresses = addresses;
  }

  readonly lookup = async () => {
    if (this.isGone) throw new Error('getaddrinfo ENOTFOUND collector.example');
    return this.addresses;
  };
}

describe('the addresses of a collector', () => {
  it('are tried in turn, and the working one comes first from then on', async () => {
    const { lookup } = new Name('fd00::1', '192.0.2.1', '192.0.2.2');
    const addresses = new CollectorAddresses('collector.example', lookup);
    expect([await addresses.next(), await addresses.next()]).toEqual(['fd00::1', '192.0.2.1']);
    expect(addresses.isRoundOver).toBe(false);
    expect(await addresses.next()).toBe('192.0.2.2');
    expect(addresses.isRoundOver).toBe(true);
    expect([await addresses.next(), await addresses.next()]).toEqual(['fd00::1', '192.0.2.1']);
    addresses.prefer('192.0.2.1');
    expect([await addresses.next(), await addresses.next()]).toEqual(['192.0.2.1', 'fd00::1']);
  });

  it('are those of the latest successful lookup', async () => {
    const name = new Name('192.0.2.1');
    const addresses = new CollectorAddresses('collector.example', name.lookup);
    expect(await addresses.next()).toBe('192.0.2.1');
    name.addresses = ['192.0.2.2'];
    expect(await addresses.has('192.0.2.1')).toBe(false);
    name.isGone = true;
    expect(await addresses.has('192.0.2.1')).toBe(true);
    expect(await addresses.next()).toBe('192.0.2.2');
    expect(addresses.known).toEqual(['192.0.2.1', '192.0.2.2']);
  });

  it('are remembered up to a bound', async () => {
    const name = new Name();
    const addresses = new CollectorAddresses('collector.example', name.lookup);
    for (let i = 0; i < 200; i++) {
      name.addresses = [`192.0.2.${i}`];
      await addresses.next();
    }
    expect(addresses.known).toHaveLength(64);
    expect(addresses.known.at(-1)).toBe('192.0.2.199');
  });

  it('are empty while the name was never found', async () => {
    const name = new Name();
    name.isGone = true;
    const addresses = new CollectorAddresses('collector.example', name.lookup);
    await expect(addresses.next()).rejects.toThrow('ENOTFOUND');
  });
});

describe.each(['tcp', 'udp'] as const)('an exporter that sends to a name over %s', (protocol) => {
  const listenOn = (host: string, port: number) => startCollector({ listen: [{ protocol, host, port }] });

  it('goes on immediately to an address with a listener', async () => {
    await using receiving = await listenOn('127.0.0.3', 0);
    const { lookup } = new Name('::1', '127.0.0.2', '127.0.0.3');
    await using sending = await startExporter(
      { ...receiving.address, host: 'collector.example' },
      { lookup, reconnectMs: { least: 60_000, greatest: 60_000 } },
    );
    sending.exporter.send(batchOf([flow]));
    await until('the record', () => receiving.flows.length === 1);
    expect(sending.exporter.account.toJSON()).toMatchObject({ received: 1, sent: 1, events: {} });
    expect(sending.lines.filter((line) => line.includes('connected to'))).toEqual([
      expect.stringMatching(/connected to collector\.example:\d+:.+ \(address 127\.0\.0\.3\)$/),
    ]);
    expect(sending.exporter.collectorAddresses).toEqual(['::1', '127.0.0.2', '127.0.0.3']);
    expect(sending.exporter.connections.at(-1)).toMatchObject({
      remoteAddress: '127.0.0.3',
      remotePort: receiving.address.port,
    });
  });

  it('waits longer after each round in which no address answers', async () => {
    await using gone = await listenOn('127.0.0.3', 0);
    await gone.collector.stop(0);
    const { lookup } = new Name('127.0.0.2', '127.0.0.3');
    await using sending = await startExporter(
      { ...gone.address, host: 'collector.example' },
      { lookup, reconnectMs: { least: 20, greatest: 10_000 } },
    );
    const refused = () => sending.lines.filter((line) => line.includes('no connection'));
    await until('three attempts', () => refused().length >= 4);
    const waits = refused().map((line) => Number(/next attempt in (\d+) ms/.exec(line)?.[1]));
    expect(waits[0]).toBe(0);
    expect(waits[1]).toBeGreaterThanOrEqual(10);
    expect(waits[2]).toBe(0);
    expect(waits[3]).toBeGreaterThanOrEqual(20);
    expect(sending.exporter.isConnected).toBe(false);
    expect(sending.exporter.reconnections).toBe(0);
  });

  it('follows the name to another address after two lookups, and counts possible losses over UDP', async () => {
    const first = await listenOn('127.0.0.2', 0);
    await using _ = first;
    await using second = await listenOn('127.0.0.3', first.address.port);
    const name = new Name('127.0.0.2');
    await using sending = await startExporter(
      { ...first.address, host: 'collector.example' },
      { lookup: name.lookup, lookupIntervalMs: 50 },
    );
    sending.exporter.send(batchOf([flow]));
    await until('the first record', () => first.flows.length === 1);
    name.addresses = ['127.0.0.3'];
    await until('the other connection', () => sending.exporter.reconnections === 1);
    sending.exporter.send(batchOf([flow]));
    await until('the second record', () => second.flows.length === 1);
    expect(sending.lines.join('\n')).toContain('collector.example no longer has the address 127.0.0.2');
    const { unconfirmed = 0 } = sending.exporter.account.toJSON().events;
    expect(unconfirmed).toBeLessThanOrEqual(protocol === 'udp' ? 1 : 0);
    expect(sending.exporter.account.toJSON()).toMatchObject({ received: 2, sent: 2, dropped: {} });
  });
});
