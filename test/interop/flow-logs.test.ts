import { afterAll, beforeAll, expect, it } from 'vitest';
import { batchOf, type FlowRecord } from '../../src/flow/index.ts';
import { LineReader } from '../../src/logs/flow-lines/line-reader.ts';
import type { FlowLogOptions } from '../../src/logs/index.ts';
import { expectAccounted } from '../support/flow-logs.ts';
import { fullRecord, fullRecords } from '../support/hostile-records.ts';
import { type Loki, type LokiLine, startLoki } from '../support/loki.ts';
import { requires } from '../support/requires.ts';
import { SinkUnderTest } from '../support/sink-under-test.ts';

/** Loki removes U+FFFD from structured metadata, so a question mark replaces octets outside UTF-8 there. */
const asMetadata = (record: FlowRecord): FlowRecord =>
  JSON.parse(JSON.stringify(record).replaceAll('\ufffd', '?')) as FlowRecord;

requires('loki')('flows in Loki', () => {
  let loki: Loki;

  beforeAll(async () => {
    loki = await startLoki();
  });

  afterAll(() => loki?.stop());

  /** The lines of exactly these records, as stored in Loki. */
  async function logged(records: FlowRecord[], options: Partial<FlowLogOptions> = {}): Promise<LokiLine[]> {
    const test = `test-${Math.random().toString(36).slice(2)}`;
    await using sink = await SinkUnderTest.start({
      url: loki.url,
      staticLabels: { test, service_name: test },
      ...options,
    });
    await sink.sink.write(batchOf(records));
    await sink.stop();
    await expectAccounted(loki, `{test="${test}"}`, sink);
    expect(sink.account.sent, sink.statement).toBe(records.length);
    return (await loki.lines(`{test="${test}"}`)).reverse();
  }

  it.each(['protobuf', 'json'] as const)(
    'have every field unchanged, with any names, by %s',
    async (encoding) => {
      const records = fullRecords();
      const lines = await logged(records, { omit: [], encoding });
      const read = lines.map((line) => new LineReader({ omit: [] }).read(line)!.record);
      expect(read).toEqual(records);
    },
  );

  it('have a question mark for invalid UTF-8 in labels and structured metadata', async () => {
    const records = [{ ...fullRecord(0), sourcePodNamespace: '\ufffd\ufffd', sourcePodName: 'a\ufffdb' }];
    const [line] = await logged(records, { omit: [] });
    expect(line!.labels).toMatchObject({ namespace: '??', sourcePodNamespace: '??', sourcePodName: 'a?b' });
    expect(new LineReader({ omit: [] }).read(line!)!.record).toEqual(asMetadata(records[0]!));
  });

  it('have all fields once in the line if none is a label or metadata', async () => {
    const records = [fullRecord(3)];
    const layout = { labels: [], metadata: [], omit: [] };
    const [line] = await logged(records, layout);
    expect(new LineReader(layout).read({ ...line!, labels: {} })!.record).toEqual(records[0]);
  });

  it('are found by LogQL on labels, structured metadata and the line', async () => {
    const records = [
      { ...fullRecord(0), sourcePodName: 'he said "hi"' },
      { ...fullRecord(2), sourcePodName: 'other' },
    ];
    const lines = await logged(records, { metadata: ['sourcePodName', 'communityId'] });
    const { test } = lines[0]!.labels;
    const found = async (rest: string) => (await loki.lines(`{test="${test}"} ${rest}`)).length;
    expect(await found('| sourcePodName="he said \\"hi\\""')).toBe(1);
    expect(
      await found(
        '| pattern "<sourceIP> <_> <_> <_> <protocol> <_> <duration> <octets> <_>" | duration > 20m | protocol="TCP" | octets > 9000000000000000',
      ),
    ).toBe(2);
    expect(await found('| communityId=~"1:.{27}="')).toBe(2);
    expect(await found('| logfmt | __error__=""')).toBe(2);
  });
});
