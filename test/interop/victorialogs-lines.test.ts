import { afterAll, beforeAll, expect, it } from 'vitest';
import { batchOf, type FlowRecord } from '../../src/flow/index.ts';
import { LineReader } from '../../src/logs/flow-lines/line-reader.ts';
import type { FlowLogOptions, LoggedLine } from '../../src/logs/index.ts';
import { expectAccounted } from '../support/flow-logs.ts';
import { fullRecord, hostileNames } from '../support/hostile-records.ts';
import { requires } from '../support/requires.ts';
import { SinkUnderTest } from '../support/sink-under-test.ts';
import { startVictoriaLogs, type VictoriaLogs } from '../support/victoria-logs.ts';

requires('victoria-logs')('flows in VictoriaLogs', () => {
  let server: VictoriaLogs;

  beforeAll(async () => {
    server = await startVictoriaLogs();
  });

  afterAll(() => server?.stop());

  /** The lines of exactly these records, the latest first. */
  async function logged(records: FlowRecord[], options: Partial<FlowLogOptions> = {}): Promise<LoggedLine[]> {
    const test = `test-${Math.random().toString(36).slice(2)}`;
    await using sink = await SinkUnderTest.start({
      url: server.url,
      server: 'victoriaLogs',
      staticLabels: { test, service_name: test },
      ...options,
    });
    await sink.sink.write(batchOf(records));
    await sink.stop();
    await expectAccounted(server, `{test="${test}"}`, sink);
    expect(sink.account.sent, sink.statement).toBe(records.length);
    return (await server.lines(`{test="${test}"}`)).reverse();
  }

  it.each(['protobuf', 'json'] as const)(
    'have every field unchanged, with any names, by %s',
    async (encoding) => {
      const records = hostileNames.map((_, first) => fullRecord(first));
      const lines = await logged(records, { omit: [], encoding });
      const read = lines.map((line) => new LineReader({ omit: [] }).read(line)!.record);
      expect(read).toEqual(records);
    },
  );

  it('have every field even if all are separate fields', async () => {
    const records = hostileNames.map((_, first) => fullRecord(first));
    const layout = { omit: [], metadata: ['sourceIP', 'destinationIP', 'octetDeltaCount'] } as const;
    const lines = await logged(records, layout);
    expect(lines.map((line) => new LineReader(layout).read(line)!.record)).toEqual(records);
    expect(lines[0]!.labels).toMatchObject({
      sourceIP: records[0]!.sourceIP,
      octetDeltaCount: String(records[0]!.octetDeltaCount),
    });
  });

  it.each(['protobuf', 'json'] as const)(
    'keep different nanoseconds within one millisecond, by %s',
    async (encoding) => {
      const record = fullRecord(0);
      const lines = await logged([record, record, record], { encoding });
      const timeNs = BigInt(record.flowEndMilliseconds as number) * 1_000_000n;
      expect(lines.map(({ timeNs: each }) => each)).toEqual([timeNs + 2n, timeNs + 1n, timeNs]);
    },
  );

  it('are in streams by their labels, with any values', async () => {
    const staticLabels = { team: 'a "quoted" } = \\ {name}', emoji: '😀' };
    const test = 'streams';
    await using sink = await SinkUnderTest.start({
      url: server.url,
      server: 'victoriaLogs',
      staticLabels: { ...staticLabels, test },
      labels: ['namespace'],
    });
    await sink.write(10);
    await sink.stop();
    await expectAccounted(server, `{test="${test}"}`, sink);
    expect(await server.streams(`{test="${test}"}`)).toHaveLength(5);
    expect(await server.count(`team:=${JSON.stringify(staticLabels.team)} emoji:="😀"`)).toBe(10);
  });

  it('belong only to their tenant, identified by numbers', async () => {
    const tenant = { AccountID: '7', ProjectID: '2' };
    await using own = await startVictoriaLogs({ headers: tenant });
    await using sink = await SinkUnderTest.start({ url: own.url, server: 'victoriaLogs', tenant: '7:2' });
    await sink.write(100);
    await sink.stop();
    await expectAccounted(own, '*', sink);
    expect(sink.account.sent).toBe(100);
    const asked = await fetch(`${own.url}/select/logsql/query?query=*`);
    expect(await asked.text()).toBe('');
  });

  it('go to a base below a path', async () => {
    await using below = await startVictoriaLogs({ flags: { 'http.pathPrefix': '/logs' } });
    await using sink = await SinkUnderTest.start({ url: below.url, server: 'victoriaLogs' });
    await sink.write(100);
    await sink.stop();
    expect(sink.account.sent, sink.statement).toBe(100);
  });

  it.each(['', '/insert/loki/api/v1/push'])('go to a server detected by its answers: %s', async (path) => {
    await using own = await startVictoriaLogs();
    await using sink = await SinkUnderTest.start({ url: `${own.url}${path}`, server: 'detect' });
    await sink.write(1_000);
    await sink.stop();
    await expectAccounted(own, '*', sink);
    expect(sink.account.sent, sink.statement).toBe(1_000);
  });
});
