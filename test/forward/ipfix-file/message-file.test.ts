import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRecordedFile } from '../../../src/cli/recorded-file.ts';
import { MessageFile, type MessageFileOptions } from '../../../src/forward/index.ts';
import {
  type ExportProtocol,
  type MessageHeader,
  type MessageSource,
  readMessage,
  readRecords,
  TemplateStore,
} from '../../../src/ipfix/index.ts';
import { Ledger } from '../../../src/runtime/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { keptLog } from '../../support/ipfix.ts';
import { octets, set, template, u16, u32 } from '../../support/ipfix-octets.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { until } from '../../support/until.ts';

const OCTETS = [1, 4] as const;
const PACKETS = [2, 4] as const;
const PROTOCOL = [4, 1] as const;

const messageOf = (domain: number, sequenceNumber: number, ...sets: Uint8Array[]) => {
  const body = octets(...sets);
  return octets(u16(10), u16(16 + body.length), u32(1_700_000_000), u32(sequenceNumber), u32(domain), body);
};
const announcing = (...fields: (readonly [number, number])[]) =>
  set(2, template(256, ...fields.map(([id, length]) => [id, length] as [number, number])));

/** An exporter's session as a collector has it. */
class Source implements MessageSource {
  readonly protocol = 'udp';
  readonly exportProtocol: ExportProtocol;
  readonly peer: string;
  readonly templates = new TemplateStore({ obeysWithdrawals: false });

  constructor(peer: string, exportProtocol: ExportProtocol = 'ipfix') {
    this.peer = peer;
    this.exportProtocol = exportProtocol;
  }
}

/** Records of a file as `exporter`, domain, sequence number and values, and what could not be read. */
async function recordsIn(path: string) {
  const records: unknown[] = [];
  const faults: unknown[] = [];
  for await (const item of readRecordedFile(path)) {
    if (!('octets' in item)) {
      faults.push(item);
      continue;
    }
    const { exporter, templates } = item.session;
    readMessage(item.octets, templates, {
      data: (dataSet) => {
        const { domain, sequenceNumber } = dataSet.header;
        for (const { values } of readRecords(dataSet, templates, (fault) => faults.push(fault)))
          records.push([exporter, domain, sequenceNumber, ...values]);
      },
      error: (fault) => faults.push(fault),
    });
  }
  return { records, faults };
}

describe('a file of messages', () => {
  let directory: TemporaryDirectory;
  let ledger: Ledger;
  let clock: FakeClock;
  let lines: string[];

  beforeEach(() => {
    directory = new TemporaryDirectory();
    ledger = new Ledger();
    clock = new FakeClock();
  });
  afterEach(() => directory[Symbol.dispose]());

  const path = () => directory.file('flows.ipfix');
  /** Files that were put aside, the oldest first. */
  const aside = () =>
    readdirSync(directory.path)
      .filter((name) => /^flows-\d.*\.ipfix/.test(name))
      .sort()
      .map((name) => directory.file(name));
  const account = () => ledger.toJSON().find(({ name }) => name === 'message file')!;

  async function start(options: Partial<MessageFileOptions> = {}): Promise<MessageFile> {
    const kept = keptLog(clock);
    lines = kept.lines;
    const rotation = { maxOctets: 1_000_000, maxBackups: 0, maxAgeMs: 0, compress: false };
    const settings = { path: path(), maxOpenMs: 0, ...rotation, ...options };
    const file = new MessageFile(settings, { clock, ledger, log: kept.log });
    await file.start();
    return file;
  }

  /** A message arrives: the file takes it, and then the session reads it. */
  function arrive(file: MessageFile, source: Source, message: Uint8Array): void {
    let header: MessageHeader | undefined;
    readMessage(message, new TemplateStore(), {
      header: (read) => {
        header = read;
      },
      data: () => {},
      error: () => {},
    });
    file.take(source, header!, Buffer.concat([Buffer.alloc(1), message]), 1);
    readMessage(message, source.templates, { data: () => {}, error: () => {} });
  }

  const written = (messages: number) => until('the messages', () => account().sent === messages);

  it('has the messages of one exporter as they came, behind a statement of whose they are', async () => {
    const file = await start();
    const exporter = new Source('192.0.2.1:40000');
    const messages = [
      messageOf(1, 0, announcing(OCTETS), set(256, u32(7))),
      messageOf(1, 1, set(256, u32(8), u32(9))),
    ];
    for (const message of messages) arrive(file, exporter, message);
    await file.stop();
    const found = readFileSync(path());
    const received = Buffer.concat(messages);
    expect(found.subarray(-received.length)).toEqual(received);
    expect(await recordsIn(path())).toEqual({
      records: [
        ['192.0.2.1:40000', 1, 0, 7],
        ['192.0.2.1:40000', 1, 1, 8],
        ['192.0.2.1:40000', 1, 1, 9],
      ],
      faults: [],
    });
    expect(account()).toMatchObject({ received: 2, sent: 2, held: 0, dropped: {}, closed: true });
  });

  it('reads rightly where exporters use one domain and template id for different templates', async () => {
    const file = await start();
    const first = new Source('192.0.2.1:40000');
    const second = new Source('[2001:db8::2]:4739');
    const third = new Source('192.0.2.3:40000'); // it never announces the template
    arrive(file, first, messageOf(0, 0, announcing(OCTETS)));
    arrive(file, second, messageOf(0, 0, announcing(PACKETS, PROTOCOL)));
    arrive(file, first, messageOf(0, 0, set(256, u32(1), u32(2))));
    arrive(file, second, messageOf(0, 0, set(256, u32(3), [6])));
    arrive(file, third, messageOf(0, 0, set(256, u32(4))));
    arrive(file, first, messageOf(0, 2, set(256, u32(5))));
    await file.stop();
    const { records, faults } = await recordsIn(path());
    expect(records).toEqual([
      ['192.0.2.1:40000', 0, 0, 1],
      ['192.0.2.1:40000', 0, 0, 2],
      ['[2001:db8::2]:4739', 0, 0, 3, 6],
      ['192.0.2.1:40000', 0, 2, 5],
    ]);
    expect(faults).toMatchObject([{ reason: 'template-unknown' }]);
  });

  it('reads the same as one session, as programs do that know no statements', async () => {
    const file = await start();
    const first = new Source('192.0.2.1:40000');
    const second = new Source('192.0.2.2:40000');
    arrive(file, first, messageOf(0, 0, announcing(OCTETS)));
    arrive(file, second, messageOf(0, 0, announcing(PACKETS, PROTOCOL)));
    for (const value of [1, 2]) {
      arrive(file, first, messageOf(0, 0, set(256, u32(value))));
      arrive(file, second, messageOf(0, 0, set(256, u32(value), [6])));
    }
    await file.stop();
    const templates = new TemplateStore();
    const values: unknown[] = [];
    const faults: unknown[] = [];
    let rest: Uint8Array = readFileSync(path());
    const domains = new Set<number>();
    while (rest.length > 0) {
      const length = rest[2]! * 256 + rest[3]!;
      readMessage(rest.subarray(0, length), templates, {
        data: (dataSet) => {
          if (dataSet.header.domain === 0xffff_ffff) return;
          domains.add(dataSet.header.domain);
          for (const record of readRecords(dataSet, templates, () => {})) values.push(record.values);
        },
        error: (fault) => faults.push(fault),
      });
      rest = rest.subarray(length);
    }
    expect([...domains]).toEqual([0, 0xffff_fffe]);
    expect(values).toEqual([[1], [1, 6], [2], [2, 6]]);
    expect(faults).toEqual([]);
  });

  it('keeps a template that an exporter over UDP withdraws, as its collector does', async () => {
    const file = await start();
    const exporter = new Source('192.0.2.1:40000');
    arrive(file, exporter, messageOf(1, 0, announcing(OCTETS)));
    arrive(file, exporter, messageOf(1, 0, set(2, u16(256), u16(0))));
    arrive(file, exporter, messageOf(1, 0, set(256, u32(7))));
    await file.stop();
    expect(await recordsIn(path())).toEqual({ records: [['192.0.2.1:40000', 1, 0, 7]], faults: [] });
  });

  it('is put aside when it is full, and each file has the templates of its records', async () => {
    const file = await start({ maxOctets: 400, maxBackups: 2 });
    const exporter = new Source('192.0.2.1:40000');
    arrive(file, exporter, messageOf(1, 0, announcing(OCTETS)));
    for (let number = 0; number < 80; number++) {
      arrive(file, exporter, messageOf(1, number, set(256, u32(number))));
      await written(number + 2);
      clock.advance(1_000);
    }
    await file.stop();
    expect(aside()).toHaveLength(2);
    const files = await Promise.all([...aside(), path()].map(recordsIn));
    expect(files.flatMap(({ faults }) => faults)).toEqual([]);
    const numbers = files.flatMap(({ records }) => records.map((record) => (record as number[])[3]!));
    expect(numbers.at(-1)).toBe(79);
    expect(numbers).toEqual(numbers.map((_, i) => 80 - numbers.length + i));
    expect(numbers.length).toBeGreaterThan(10);
    for (const name of aside()) expect(readFileSync(name).length).toBeLessThanOrEqual(500);
  });

  it('is put aside after its time, also when no message comes', async () => {
    const file = await start({ maxOpenMs: 60_000 });
    const exporter = new Source('192.0.2.1:40000');
    arrive(file, exporter, messageOf(1, 0, announcing(OCTETS), set(256, u32(1))));
    await written(1);
    clock.advance(59_000);
    arrive(file, exporter, messageOf(1, 1, set(256, u32(2))));
    await written(2);
    expect(aside()).toHaveLength(0);
    clock.advance(2_000);
    await until('the old file', () => aside().length === 1);
    arrive(file, exporter, messageOf(1, 2, set(256, u32(3))));
    await written(3);
    await file.stop();
    expect((await recordsIn(aside()[0]!)).records).toHaveLength(2);
    expect(await recordsIn(path())).toEqual({ records: [['192.0.2.1:40000', 1, 2, 3]], faults: [] });
  });

  it('of an earlier process is put aside as it is, also if its last message is cut off', async () => {
    const cut = messageOf(1, 0, announcing(OCTETS), set(256, u32(1))).subarray(0, 30);
    writeFileSync(path(), cut);
    const file = await start();
    expect(aside()).toHaveLength(0);
    arrive(file, new Source('192.0.2.1:40000'), messageOf(1, 0, announcing(OCTETS), set(256, u32(1))));
    await file.stop();
    expect(readFileSync(aside()[0]!)).toEqual(Buffer.from(cut));
    expect((await recordsIn(aside()[0]!)).faults).toMatchObject([{ reason: 'message-truncated' }]);
    expect((await recordsIn(path())).records).toHaveLength(1);
  });

  it('loses and counts the messages of a write after somebody has moved it, and is begun anew', async () => {
    const file = await start();
    const exporter = new Source('192.0.2.1:40000');
    arrive(file, exporter, messageOf(1, 0, announcing(OCTETS), set(256, u32(1))));
    await written(1);
    renameSync(path(), directory.file('elsewhere'));
    arrive(file, exporter, messageOf(1, 1, set(256, u32(2))));
    await until('the loss', () => account().dropped['not written'] === 1);
    arrive(file, exporter, messageOf(1, 2, set(256, u32(3))));
    await file.stop();
    expect(await recordsIn(path())).toEqual({ records: [['192.0.2.1:40000', 1, 2, 3]], faults: [] });
    expect(account()).toMatchObject({ received: 3, sent: 2, dropped: { 'not written': 1 }, closed: true });
    expect(lines.join()).toContain('1 messages are lost: somebody has moved or deleted the file');
  });

  it('refuses NetFlow, counts it, and says what records it', async () => {
    const file = await start();
    arrive(file, new Source('192.0.2.1:40000', 'netflow-v9'), messageOf(1, 0));
    await file.stop();
    expect(account()).toMatchObject({ received: 1, sent: 0, dropped: { 'NetFlow v9': 1 }, closed: true });
    expect(lines.join()).toContain(`${path()}: NetFlow v9 is not written`);
    expect(lines.join()).toContain('Record it with tcpdump');
  });

  it('drops and counts messages that the disk is too slow for, and repeats their templates', async () => {
    const file = await start({ maxOctets: 1e9 });
    const exporter = new Source('192.0.2.1:40000');
    const large = Buffer.alloc(60_020); // a set of a template that never comes
    large.set(octets(u16(10), u16(large.length), u32(1_700_000_000), u32(0), u32(1), u16(300), u16(60_004)));
    for (let i = 0; i < 600; i++) arrive(file, exporter, large);
    arrive(file, exporter, messageOf(1, 0, announcing(OCTETS)));
    expect(account().dropped['disk too slow']).toBeGreaterThan(0);
    const dropped = account().dropped['disk too slow']!;
    await written(601 - dropped);
    arrive(file, exporter, messageOf(1, 0, set(256, u32(7))));
    await file.stop();
    expect((await recordsIn(path())).records).toEqual([['192.0.2.1:40000', 1, 0, 7]]);
    expect(account()).toMatchObject({ received: 602, sent: 602 - dropped, held: 0, closed: true });
  });

  it('names the file that it cannot open', async () => {
    await expect(start({ path: directory.file('none/flows.ipfix') })).rejects.toThrow(
      /cannot open .*none\/flows\.ipfix for appending/,
    );
    expect(existsSync(path())).toBe(false);
  });
});
