import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { questions } from '../../bench/logs/flow-questions.ts';
import { FLOWS, MOST_STREAMS, millionFlows } from '../../bench/logs/million-flows.ts';
import { recordToJson } from '../../src/flow/index.ts';
import { allFlows, expectAccounted, roomyLimits } from '../support/flow-logs.ts';
import { type Loki, startLoki } from '../support/loki.ts';
import { requires } from '../support/requires.ts';
import { SinkUnderTest } from '../support/sink-under-test.ts';

const SAMPLE = 60_000;

/** The same flows as lines of whole JSON objects, in a stream. Octets that Loki stores of each. */
async function jsonOctets(): Promise<number> {
  await using loki = await startLoki({ limits: roomyLimits });
  const push = async (values: [string, string][]) => {
    const body = JSON.stringify({ streams: [{ stream: { service_name: 'json' }, values }] });
    const headers = { 'content-type': 'application/json' };
    const { status } = await fetch(loki.pushUrl, { method: 'POST', headers, body });
    expect(status).toBe(204);
  };
  let number = 0;
  for (const batch of millionFlows(SAMPLE)) {
    const values = [...batch].map((record): [string, string] => [
      `${record.flowEndMilliseconds}${String(number++ % 1_000_000).padStart(6, '0')}`,
      JSON.stringify(recordToJson(record)),
    ]);
    await push(values);
  }
  await loki.flush();
  return loki.storedOctets() / SAMPLE;
}

async function medianMs(loki: Loki, question: string): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 3; i++) {
    const begun = performance.now();
    expect(await loki.query(question)).not.toEqual([]);
    times.push(performance.now() - begun);
    await delay(0);
  }
  return times.sort((one, other) => one - other)[1]!;
}

requires('loki')('a million flows of 2,000 workloads in Loki', () => {
  it('use at most 60 octets each in a bounded number of streams, and are found quickly', async () => {
    await using loki = await startLoki({ limits: { ...roomyLimits, max_query_series: 10_000 } });
    await using sink = await SinkUnderTest.start({ url: loki.url });
    const begun = performance.now();
    for (const batch of millionFlows()) {
      await sink.sink.write(batch);
      await delay(0);
    }
    await sink.stop(60_000);
    const seconds = (performance.now() - begun) / 1000;
    await expectAccounted(loki, allFlows, sink);
    expect(sink.account.sent).toBe(FLOWS);
    await loki.flush();
    const octets = loki.storedOctets() / FLOWS;
    const streams = (await loki.streams(allFlows)).length;
    const said = [
      `${Math.round(FLOWS / seconds)} flows/s made and pushed`,
      `${streams} streams, ${octets.toFixed(1)} octets a flow stored`,
      `${Math.round((await loki.metric('loki_distributor_bytes_received_total')) / FLOWS)} octets a flow as Loki's limits count them`,
    ];
    for (const [name, { logql }] of Object.entries(questions))
      said.push(`${Math.round(await medianMs(loki, logql))} ms: ${name}`);
    console.log(said.join('\n'));
    expect(octets).toBeLessThanOrEqual(60);
    expect(streams).toBeLessThanOrEqual(MOST_STREAMS);
  }, 600_000);

  it('use a fraction of their size as JSON', async () => {
    const octets = await jsonOctets();
    console.log(`${octets.toFixed(1)} octets a flow stored as JSON`);
    expect(octets).toBeGreaterThan(2 * 60);
  });
});
