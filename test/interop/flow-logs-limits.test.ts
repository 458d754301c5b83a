import { expect, it } from 'vitest';
import { batchOf, type FlowRecord } from '../../src/flow/index.ts';
import type { FlowLogOptions } from '../../src/logs/index.ts';
import { allFlows, expectAccounted, roomyLimits, storedLines, storedNumbers } from '../support/flow-logs.ts';
import { type Loki, startLoki } from '../support/loki.ts';
import { requires } from '../support/requires.ts';
import { numberedFlow, SinkUnderTest } from '../support/sink-under-test.ts';
import { until } from '../support/until.ts';

/** Small batches, so that some thousand lines are many pushes. */
const small = { batchOctets: 50_000, batchAgeMs: 100 };

const start = (loki: Loki, options: Partial<FlowLogOptions> = {}) =>
  SinkUnderTest.start({ url: loki.url, ...small, ...options });

const discarded = (loki: Loki, reason: string) => loki.metric('loki_discarded_samples_total', { reason });

const patience = { everyMs: 250 };

requires('loki')('flows for a Loki with limits', () => {
  it('all arrive although the total rate is limited to a tenth of the load', async () => {
    await using loki = await startLoki({
      limits: { ...roomyLimits, ingestion_rate_mb: 0.1, ingestion_burst_size_mb: 0.1 },
    });
    await using sink = await start(loki, { batchOctets: 200_000 });
    await sink.write(3_000);
    await until('all lines', () => sink.account.held === 0, patience);
    await sink.stop();
    await expectAccounted(loki, allFlows, sink);
    expect(sink.account.sent).toBe(3_000);
    expect(sink.events['put off: rate_limited'], sink.statement).toBeGreaterThan(5);
  });

  it("all arrive although each stream's rate is limited to a tenth of the load", async () => {
    const perStream = {
      per_stream_rate_limit: '10KB',
      per_stream_rate_limit_burst: '20KB',
      shard_streams: { enabled: false },
    };
    await using loki = await startLoki({ limits: { ...roomyLimits, ...perStream } });
    await using sink = await start(loki);
    await sink.write(2_000);
    await until('all lines', () => sink.account.held === 0, patience);
    await sink.stop();
    await expectAccounted(loki, allFlows, sink);
    expect(sink.account.sent).toBe(2_000);
    expect(sink.events['put off: per_stream_rate_limit'], sink.statement).toBeGreaterThan(5);
  });

  it('go to the stream with few labels if no other has room, and none is lost', async () => {
    await using loki = await startLoki({ limits: { ...roomyLimits, max_global_streams_per_user: 4 } });
    await using first = await start(loki, { labels: [] });
    await first.write(10, { more: { sourcePodNamespace: '' } });
    await first.stop();
    await using sink = await start(loki);
    await sink.write(2_000);
    await sink.stop();
    await expectAccounted(loki, allFlows, first, sink);
    expect(sink.account.sent).toBe(2_000);
    expect(await loki.streams(allFlows)).toHaveLength(4);
    // Two of five namespaces, with their former labels as structured metadata.
    const moved = '{service_name="weir-flows", flowType=""} | flowType="InterNode" | namespace=~"team-."';
    expect(await storedLines(loki, moved)).toBe(800);
    // A few attempts for each stream, not for each batch.
    expect(await discarded(loki, 'stream_limit')).toBeLessThan(800);
  });

  it('are dropped, and counted as Loki counts them, if that stream has no room either', async () => {
    await using loki = await startLoki({ limits: { ...roomyLimits, max_global_streams_per_user: 3 } });
    await using sink = await start(loki);
    await sink.write(1_000);
    await sink.stop();
    await expectAccounted(loki, allFlows, sink);
    expect(sink.dropped).toEqual({ stream_limit: 400 });
    expect(await storedLines(loki)).toBe(600);
  });

  it('are counted by reason of refusal: long lines among good ones', async () => {
    await using loki = await startLoki({ limits: { ...roomyLimits, max_line_size: 500 } });
    await using sink = await start(loki);
    const isLong = (number: number) => number % 100 === 7;
    const flows = Array.from({ length: 2_000 }, (_, number) =>
      numberedFlow(number, isLong(number) ? { egressName: 'e'.repeat(600) } : {}),
    );
    for (let from = 0; from < 2_000; from += 100)
      await sink.sink.write(batchOf(flows.slice(from, from + 100)));
    await sink.stop();
    await expectAccounted(loki, allFlows, sink);
    expect(sink.dropped).toEqual({ line_too_long: 20 });
    expect(await discarded(loki, 'line_too_long')).toBe(20);
    expect((await storedNumbers(loki)).filter(isLong)).toEqual([]);
  });

  it('are counted by reason of refusal: old lines', async () => {
    await using loki = await startLoki({
      limits: { ...roomyLimits, reject_old_samples: true, reject_old_samples_max_age: '2m' },
    });
    await using sink = await start(loki);
    const ago = (minutes: number): FlowRecord => ({ flowEndMilliseconds: Date.now() - minutes * 60_000 });
    await sink.write(300, { more: ago(1) });
    await sink.write(200, { more: ago(10) });
    await sink.write(100, { more: ago(60) }); // older than a sink accepts: so at the present time
    await sink.stop();
    await expectAccounted(loki, allFlows, sink);
    expect(sink.dropped).toEqual({ greater_than_max_sample_age: 200 });
    expect(await discarded(loki, 'greater_than_max_sample_age')).toBe(200);
  });

  it('are refused by a Loki without structured metadata, unless the line contains every field', async () => {
    await using loki = await startLoki({ limits: { ...roomyLimits, allow_structured_metadata: false } });
    await using refused = await start(loki);
    await refused.write(100);
    await refused.stop();
    expect(refused.dropped).toEqual({ disallowed_structured_metadata: 100 });
    await using sink = await start(loki, { metadata: [] });
    await sink.write(100);
    await sink.stop();
    await expectAccounted(loki, allFlows, refused, sink);
    expect(sink.account.sent).toBe(100);
    expect(await discarded(loki, 'disallowed_structured_metadata')).toBe(100);
  });

  it('go to separate streams if Loki accepts only lines near the newest of a stream', async () => {
    await using loki = await startLoki({ limits: roomyLimits, more: { ingester: { max_chunk_age: '2m' } } });
    await using sink = await start(loki);
    const ago = (minutes: number): FlowRecord => ({ flowEndMilliseconds: Date.now() - minutes * 60_000 });
    await sink.write(500, { more: ago(0) });
    await until('the first', () => sink.account.held === 0, patience);
    await sink.write(500, { more: ago(5) });
    await sink.stop();
    await expectAccounted(loki, allFlows, sink);
    expect(sink.account.sent).toBe(1_000);
    expect(await storedLines(loki, '{service_name="weir-flows", replayed="true"}')).toBe(500);
    expect(await discarded(loki, 'too_far_behind')).toBeGreaterThanOrEqual(500);
  });
});
