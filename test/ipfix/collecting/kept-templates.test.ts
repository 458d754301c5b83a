import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CollectingProcessOptions } from '../../../src/ipfix/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { dial, startCollector, type TestCollector } from '../../support/ipfix.ts';
import { octets, optionsTemplate, set, template, u16, u32 } from '../../support/ipfix-octets.ts';
import { v9, v9Template } from '../../support/netflow-octets.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { until } from '../../support/until.ts';

const messageOf = (sequenceNumber: number, ...sets: Uint8Array[]) => {
  const body = octets(...sets);
  return octets(u16(10), u16(16 + body.length), u32(1_700_000_000), u32(sequenceNumber), u32(7), body);
};
const announcement = (...fields: [number, number][]) => messageOf(0, set(2, template(256, ...fields)));
const data = (sequenceNumber: number, value: number) => messageOf(sequenceNumber, set(256, u32(value)));
const values = ({ others }: TestCollector) => others.map(({ record }) => record.values);
const MINUTE_MS = 60_000;

describe('templates over UDP', () => {
  let directory: TemporaryDirectory;
  let exporter: Socket;

  beforeEach(async () => {
    directory = new TemporaryDirectory();
    exporter = createSocket('udp4').bind(0, '127.0.0.1');
    await once(exporter, 'listening');
  });

  afterEach(() => {
    exporter.close();
    directory[Symbol.dispose]();
  });

  const file = () => directory.file('state/exporters');
  const start = (options: Partial<CollectingProcessOptions> = {}) =>
    startCollector({
      listen: [{ protocol: 'udp', host: '127.0.0.1', port: 0 }],
      stateDirectory: directory.file('state'),
      holdMs: 0,
      onBatch: undefined as never,
      ...options,
    });

  async function send({ collector, address }: TestCollector, ...messages: Uint8Array[]): Promise<void> {
    for (const one of messages) {
      const { received } = collector.messages;
      exporter.send(one, address.port, '127.0.0.1');
      await until('the message', () => collector.messages.received > received);
    }
  }

  /** What a collector with the state directory does with these messages, between start and stop. */
  async function during(messages: Uint8Array[], options: Partial<CollectingProcessOptions> = {}) {
    await using receiving = await start(options);
    await send(receiving, ...messages);
    return receiving;
  }

  it('are valid after a restart of the collector, those of options too', async () => {
    const options = set(3, optionsTemplate(300, 1, [149, 4], [34, 4]));
    await during([announcement([1, 4]), messageOf(0, options)]);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    const after = await during([data(0, 5), messageOf(1, set(300, u32(7), u32(100)))]);
    expect(values(after)).toEqual([[5], [7, 100]]);
    expect(after.collector.messages.events.get('templates restored')).toBe(2);
    expect(after.collector.records.toJSON()).toMatchObject({ received: 2, events: { 'options records': 1 } });
    expect(after.lines.join()).toContain('has the templates of 1 sessions');
  });

  it('of NetFlow v9 are valid after a restart of the collector', async () => {
    await during([v9({ count: 1 }, v9Template(256, [1, 4], [40_001, 4]))]);
    const after = await during([v9({ count: 1, sequence: 2 }, set(256, u32(9), [10, 0, 0, 1]))]);
    expect(values(after)).toEqual([[9, '10.0.0.1']]);
  });

  it('are valid after a collector that had no time to write them at its end', async () => {
    await using killed = await start();
    await send(killed, announcement([1, 4]));
    await until('the file', () => {
      try {
        return readFileSync(file(), 'utf8').includes('"fields"');
      } catch {
        return false;
      }
    });
    mkdirSync(directory.file('copy'), { mode: 0o700 });
    copyFileSync(file(), directory.file('copy/exporters'));
    const after = await during([data(0, 5)], { stateDirectory: directory.file('copy') });
    expect(values(after)).toEqual([[5]]);
  });

  it('are read once from the file of an earlier version, which had another name', async () => {
    const earlier = directory.file('state/templates');
    await during([announcement([1, 4])]);
    renameSync(file(), earlier);
    expect(values(await during([data(0, 5)]))).toEqual([[5]]);
    expect([existsSync(file()), existsSync(earlier)]).toEqual([true, false]);
    writeFileSync(earlier, 'of a version that ran in between');
    const after = await during([data(1, 6)]);
    expect(values(after)).toEqual([[6]]);
    expect(after.lines.join()).not.toContain('is ignored');
  });

  it('are kept for an exporter that is silent during a whole run', async () => {
    await during([announcement([1, 4])]);
    await during([]);
    expect(values(await during([data(0, 5)]))).toEqual([[5]]);
  });

  it('grow older while no collector runs, and then expire', async () => {
    const clock = new FakeClock();
    await during([announcement([1, 4])], { clock });
    const startedMs = clock.now();
    const soon = new FakeClock(startedMs + 20 * MINUTE_MS);
    await using receiving = await start({ clock: soon });
    await send(receiving, data(0, 5));
    soon.advance(11 * MINUTE_MS);
    await send(receiving, data(1, 6));
    expect(values(receiving)).toEqual([[5]]);
    expect(receiving.collector.messages.events.get('templates expired')).toBe(1);
    await receiving.collector.stop(0);
    const late = await during([data(2, 7)], { clock: new FakeClock(startedMs + 31 * MINUTE_MS) });
    expect(values(late)).toEqual([]);
    expect(late.collector.records.events.get('template-unknown')).toBe(1);
  });

  it('give way to those that the exporter announces', async () => {
    await during([announcement([1, 4])]);
    const after = await during([data(0, 5), messageOf(1, set(2, template(256, [2, 4]))), data(1, 6)]);
    expect(after.others.map(({ record }) => record.template.fields[0]!.element.name)).toEqual([
      'octetDeltaCount',
      'packetDeltaCount',
    ]);
  });

  it('are dropped when the sequence number shows that the exporter has restarted', async () => {
    await during([announcement([1, 4]), data(0, 1), data(1, 2), data(2, 3)]);
    const after = await during([data(0, 5), messageOf(1, set(2, template(256, [2, 4]))), data(1, 6)]);
    expect(values(after)).toEqual([[6]]);
    expect(after.collector.records.events.get('exporter restarts')).toBe(1);
    expect(after.lines.join()).toContain('the exporter has restarted, by its uptime or sequence number');
  });

  it('are dropped when the uptime shows that the exporter of NetFlow v9 has restarted', async () => {
    await during([v9({ count: 1, uptimeMs: 900_000 }, v9Template(256, [1, 4]))]);
    const after = await during([v9({ count: 1, sequence: 9, uptimeMs: 1_000 }, set(256, u32(9)))]);
    expect(values(after)).toEqual([]);
    expect(after.collector.records.events.get('exporter restarts')).toBe(1);
  });

  it('are not those of another port, nor of a session over TCP', async () => {
    const tcp = await start({ listen: [{ protocol: 'tcp', host: '127.0.0.1', port: 0 }] });
    const socket = await dial(tcp.address);
    socket.end(announcement([1, 4]));
    await until('the template', () => tcp.collector.messages.received === 1);
    await tcp.collector.stop(500);
    await during([announcement([1, 4])]);
    exporter.close();
    exporter = createSocket('udp4').bind(0, '127.0.0.1');
    await once(exporter, 'listening');
    const after = await during([data(0, 5)]);
    expect(values(after)).toEqual([]);
    expect(after.lines.join()).toContain('has the templates of 1 sessions');
  });

  it.each([
    ['is cut off', (text: string) => text.slice(0, -20), 'its end is missing'],
    ['has a wrong octet', (text: string) => text.replace('256', '257'), 'its checksum is wrong'],
    ['is empty', () => '', 'its end is missing'],
  ])('are missing, which is said, if their file %s', async (_, damage, reason) => {
    await during([announcement([1, 4])]);
    writeFileSync(file(), damage(readFileSync(file(), 'utf8')));
    const after = await during([data(0, 5), announcement([1, 4]), data(0, 6)]);
    expect(values(after)).toEqual([[6]]);
    expect(after.lines.join()).toContain(
      `is ignored, so that exporters must announce their templates: ${reason}`,
    );
  });

  it('are bounded in octets for each session, which is said', async () => {
    const fields = Array.from(
      { length: 1_400 },
      () => [30_000, 4, 4_000_000_000] as [number, number, number],
    );
    const large = Array.from({ length: 9 }, (_, i) => messageOf(0, set(2, template(256 + i, ...fields))));
    const before = await during(large);
    expect(before.lines.join()).toContain('the templates of 1 sessions are not kept');
    expect(statSync(file()).size).toBeLessThan(1_000);
  });

  it('cannot be written, which is said, and the collector goes on', async () => {
    mkdirSync(directory.file('state/exporters.new'), { recursive: true, mode: 0o700 });
    const before = await during([announcement([1, 4]), data(0, 5)]);
    expect(values(before)).toEqual([[5]]);
    expect(before.lines.join()).toContain('could not be written, so that the next start may lack templates');
  });

  it('are of one collector at a time', async () => {
    await using first = await start();
    await expect(start()).rejects.toThrow('is in use by process');
    await send(first, announcement([1, 4]));
  });
});
