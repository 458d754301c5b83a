import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FlowRecord } from '../../../src/flow/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { startCollector, type TestCollector } from '../../support/ipfix.ts';
import { octets, optionsTemplate, set, template, u16, u32 } from '../../support/ipfix-octets.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { until } from '../../support/until.ts';

const MINUTE_MS = 60_000;
let sequenceNumber = 0;

const messageIn = (domain: number, records: number, ...sets: Uint8Array[]) => {
  const body = octets(...sets);
  const header = octets(u16(10), u16(16 + body.length), u32(1_700_000_000), u32(sequenceNumber), u32(domain));
  sequenceNumber += records;
  return octets(header, body);
};
const flowTemplate = () =>
  messageIn(7, 0, set(2, template(256, [8, 4], [12, 4], [1, 4], [2, 4], [10, 4], [234, 4])));
/** A flow of 1,000 octets that entered at interface 3 and in VRF 4. */
const flow = () => messageIn(7, 1, set(256, '0a000001', '0a000002', u32(1_000), u32(10), u32(3), u32(4)));
const rate = (interval: number, domain = 7) =>
  messageIn(
    domain,
    1,
    set(3, optionsTemplate(300, 1, [149, 4], [34, 4])),
    set(300, u32(domain), u32(interval)),
  );
const padded = (text: string, length: number) => Buffer.from(text.padEnd(length, '\0'));
const names = () =>
  messageIn(
    7,
    2,
    set(3, optionsTemplate(301, 1, [10, 4], [82, 8]), optionsTemplate(302, 1, [234, 4], [236, 8])),
    set(301, u32(3), padded('xe-0/0/3', 8)),
    set(302, u32(4), padded('blue', 8)),
  );

describe('what options over UDP have stated', () => {
  let directory: TemporaryDirectory;
  let exporter: Socket;
  let flows: FlowRecord[];

  beforeEach(async () => {
    directory = new TemporaryDirectory();
    exporter = createSocket('udp4').bind(0, '127.0.0.1');
    await once(exporter, 'listening');
    flows = [];
    sequenceNumber = 0;
  });

  afterEach(() => {
    exporter.close();
    directory[Symbol.dispose]();
  });

  const start = (clock?: FakeClock) =>
    startCollector({
      listen: [{ protocol: 'udp', host: '127.0.0.1', port: 0 }],
      stateDirectory: directory.file('state'),
      ...(clock && { clock }),
      onBatch: (batch) => flows.push(...batch),
    });

  async function send({ collector, address }: TestCollector, ...messages: Uint8Array[]): Promise<void> {
    for (const one of messages) {
      const { received } = collector.messages;
      exporter.send(one, address.port, '127.0.0.1');
      await until('the message', () => collector.messages.received > received);
    }
  }

  /** What a collector with the state directory does with these messages, between start and stop. */
  async function during(messages: Uint8Array[], clock?: FakeClock) {
    flows = [];
    await using receiving = await start(clock);
    await send(receiving, ...messages);
    return receiving;
  }

  it('is valid after a restart of the collector: the sampling rate scales its records', async () => {
    await during([flowTemplate(), rate(100), flow()]);
    expect(flows).toMatchObject([{ octetDeltaCount: 100_000, samplingInterval: 100 }]);
    const after = await during([flow()]);
    expect(flows).toMatchObject([
      { octetDeltaCount: 100_000, sampledOctetDeltaCount: 1_000, samplingInterval: 100 },
    ]);
    expect(after.collector.messages.events.get('sampling rates restored')).toBe(1);
    expect(after.collector.records.toJSON()).toMatchObject({ events: { 'scaled by sampling': 1 } });
  });

  it('is valid for all domains, if its domain is that of all', async () => {
    await during([flowTemplate(), rate(50, 0), flow()]);
    await during([flow()]);
    await during([flow()]);
    expect(flows).toMatchObject([{ octetDeltaCount: 50_000, samplingInterval: 50 }]);
  });

  it('names interfaces and VRFs after a restart of the collector', async () => {
    await during([flowTemplate(), names(), flow()]);
    expect(flows).toMatchObject([{ ingressInterfaceName: 'xe-0/0/3', ingressVRFName: 'blue' }]);
    const after = await during([flow()]);
    expect(flows).toMatchObject([{ ingressInterfaceName: 'xe-0/0/3', ingressVRFName: 'blue' }]);
    expect(flows[0]!.samplingInterval).toBeUndefined();
    expect(after.collector.messages.events.get('names restored')).toBe(2);
    expect(after.collector.messages.events.has('sampling rates restored')).toBe(false);
    expect(after.collector.records.events.has('without sampling rate')).toBe(false);
  });

  it('gives way to what the exporter states', async () => {
    await during([flowTemplate(), rate(100)]);
    await during([flow(), rate(10), flow()]);
    expect(flows).toMatchObject([{ octetDeltaCount: 100_000 }, { octetDeltaCount: 10_000 }]);
  });

  it('is written soon after it has changed', async () => {
    await using killed = await start();
    await send(killed, flowTemplate());
    const file = () => readFileSync(directory.file('state/exporters'), 'utf8');
    await until('the file', () => {
      try {
        return file().includes('"fields"');
      } catch {
        return false;
      }
    });
    await send(killed, rate(100));
    await until('the rate', () => file().includes('"rate":100'));
    await send(killed, rate(200));
    await until('the other rate', () => file().includes('"rate":200'));
  });

  it('is too old after the lifetime of a template, and its records count as without a rate', async () => {
    const startMs = Date.UTC(2026, 0, 1);
    const clock = new FakeClock(startMs);
    flows = [];
    {
      await using receiving = await start(clock);
      await send(receiving, flowTemplate(), rate(100));
      clock.advance(20 * MINUTE_MS);
      await send(receiving, flowTemplate());
    }
    const later = new FakeClock(startMs + 40 * MINUTE_MS);
    const after = await during([flow()], later);
    expect(flows).toMatchObject([{ octetDeltaCount: 1_000 }]);
    expect(flows[0]!.samplingInterval).toBeUndefined();
    expect(after.collector.records.events.get('without sampling rate')).toBe(1);
    expect(after.collector.messages.events.has('sampling rates restored')).toBe(false);
    // Nor does the next process know it, but it knows that there was one.
    const last = await during([flow()], later);
    expect(last.collector.records.events.get('without sampling rate')).toBe(1);
  });

  it('loses its names, not its templates, where they are too many', async () => {
    const many = Array.from({ length: 40 }, (_, part) => {
      const entries = Array.from({ length: 60 }, (_, n) =>
        octets(u32(part * 60 + n + 1), padded(`interface-${part * 60 + n}`, 30)),
      );
      return messageIn(7, 60, set(3, optionsTemplate(301, 1, [10, 4], [82, 30])), set(301, ...entries));
    });
    const before = await during([flowTemplate(), rate(100), ...many, flow()]);
    expect(flows).toMatchObject([{ ingressInterfaceName: 'interface-2' }]);
    expect(before.lines.join()).toContain('the names of interfaces and VRFs of 1 sessions are not kept');
    await during([flow()]);
    expect(flows).toMatchObject([{ octetDeltaCount: 100_000 }]);
    expect(flows[0]!.ingressInterfaceName).toBeUndefined();
  });

  it('loses its names when the exporter has restarted meanwhile', async () => {
    await during([flowTemplate(), names(), flow()]);
    sequenceNumber = 0;
    await during([flowTemplate(), flow()]);
    expect(flows).toHaveLength(1);
    expect(flows[0]!.ingressInterfaceName).toBeUndefined();
  });
});
