import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { countAnswers, octetsAFlow, octetsAsJson } from '../../bench/logs/flows-in-victoria-logs.ts';
import { FLOWS, MOST_STREAMS, millionFlows, QuestionedFlows } from '../../bench/logs/million-flows.ts';
import { quantileOf } from '../../bench/measure.ts';
import { allFlows, expectAccounted } from '../support/flow-logs.ts';
import { requires } from '../support/requires.ts';
import { SinkUnderTest } from '../support/sink-under-test.ts';
import { startVictoriaLogs } from '../support/victoria-logs.ts';

const MOST_OCTETS = 60;
const SAMPLE = 30_000;
const ROUNDS = 3;

requires('victoria-logs')('a million flows of 2,000 workloads in VictoriaLogs', () => {
  it('use at most 60 octets each in a bounded number of streams, and are found quickly', async () => {
    await using server = await startVictoriaLogs();
    await using sink = await SinkUnderTest.start({ url: server.url, server: 'victoriaLogs' });
    const flows = new QuestionedFlows();
    const begun = performance.now();
    for (const batch of flows.watch(millionFlows())) {
      await sink.sink.write(batch);
      await delay(0); // lets pushes be answered
    }
    await sink.stop(60_000);
    const seconds = (performance.now() - begun) / 1000;
    await expectAccounted(server, allFlows, sink);
    expect(sink.account.sent).toBe(FLOWS);
    const octets = await octetsAFlow(server, FLOWS);
    const streams = (await server.streams(allFlows)).length;
    const times = await flows.ask((question) => countAnswers(server, question), ROUNDS);
    const said = [
      `${Math.round(FLOWS / seconds)} flows/s made and pushed`,
      `${streams} streams, ${octets.toFixed(1)} octets a flow stored`,
      ...[...times].map(([name, ms]) => `${Math.round(quantileOf(ms, 0.5))} ms: ${name}`),
    ];
    console.log(said.join('\n'));
    expect(octets).toBeLessThanOrEqual(MOST_OCTETS);
    expect(streams).toBeLessThanOrEqual(MOST_STREAMS);
  });

  it('use a fraction of their size as JSON', async () => {
    const octets = await octetsAsJson(millionFlows(SAMPLE));
    console.log(`${octets.toFixed(1)} octets a flow stored as JSON`);
    expect(octets).toBeGreaterThan(2 * MOST_OCTETS);
  });
});
