import { expect, it } from 'vitest';
import { allFlows, expectAccounted } from '../support/flow-logs.ts';
import { requires } from '../support/requires.ts';
import { SinkUnderTest } from '../support/sink-under-test.ts';
import { until } from '../support/until.ts';
import { startVictoriaLogs } from '../support/victoria-logs.ts';

const patience = { everyMs: 100 };

requires(
  'victoria-logs',
  'namespaces',
  'mount',
)('a VictoriaLogs with a filling disk', () => {
  it('accepts lines while it has room, and the sink holds the others', async () => {
    await using server = await startVictoriaLogs({
      diskSize: '32m',
      flags: { 'storage.minFreeDiskSpaceBytes': '33MB', inmemoryDataFlushInterval: '1s' },
    });
    const options = { server: 'victoriaLogs', batchOctets: 100_000, batchAgeMs: 100 } as const;
    await using sink = await SinkUnderTest.start({ url: server.url, ...options });
    const rounds = 60;
    for (let round = 0; round < rounds && sink.sink.isUp; round++) {
      await sink.write(5_000, { perBatch: 1_000 });
      await until('a round', () => sink.account.held === 0 || !sink.sink.isUp, patience);
    }
    expect(sink.events['put off: 429'], sink.statement).toBeGreaterThan(0);
    expect(sink.account.held).toBeGreaterThan(0);
    await sink.stop(2_000);
    const { received, sent, totalDropped } = sink.account;
    expect(sink.dropped).toEqual({ 'not delivered in time': totalDropped });
    expect(sent + totalDropped).toBe(received);
    await expectAccounted(server, allFlows, sink);
  });
});
