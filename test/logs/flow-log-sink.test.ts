import { describe, expect, it } from 'vitest';
import { batchOf, RuleAction } from '../../src/flow/index.ts';
import { type LogServerName, logServers } from '../../src/logs/log-server.ts';
import { FakeLoki } from '../support/fake-loki.ts';
import { numberedFlow, numberOfLine, SinkUnderTest } from '../support/sink-under-test.ts';
import { until } from '../support/until.ts';

describe('a sink to Loki', () => {
  it('logs each flow as a line in a stream, with the names of its ends as structured metadata', async () => {
    await using loki = await new FakeLoki().start();
    await using sink = await SinkUnderTest.start({ url: loki.url, staticLabels: { environment: 'test' } });
    const flow = numberedFlow(7);
    await sink.sink.write(batchOf([flow]));
    await sink.stop();
    const [{ stream, values }] = loki.pushes[0]!.streams as [(typeof loki.pushes)[0]['streams'][0]];
    expect(stream).toEqual({
      service_name: 'weir-flows',
      environment: 'test',
      flowType: 'InterNode',
      namespace: 'team-2',
    });
    const [time, line, metadata] = values[0]!;
    expect(time).toBe(`${flow.flowEndMilliseconds}000000`);
    expect(line).toMatch(/^10\.0\.0\.7 40000 10\.244\.0\.1 443 TCP EndOfFlow 1\.000s 7 1 - -/);
    expect(metadata).toEqual({ sourcePodNamespace: 'team-2', sourcePodName: 'cart-7' });
    expect(sink.account).toMatchObject({ received: 1, sent: 1 });
  });

  it('logs the workload that the cluster knows, else the one that the name of the Pod shows', async () => {
    await using loki = await new FakeLoki().start();
    await using sink = await SinkUnderTest.start({
      url: loki.url,
      metadata: ['sourceWorkload', 'destinationWorkload'],
    });
    const flow = { ...numberedFlow(7), sourcePodName: 'cart-5d8f7b9c6d-x7f2k', destinationPodName: 'db-0' };
    await sink.sink.write(batchOf([{ ...flow, destinationWorkloadName: 'real-owner' }]));
    await sink.stop();
    const [{ values }] = loki.pushes[0]!.streams as [(typeof loki.pushes)[0]['streams'][0]];
    expect(values[0]![2]).toEqual({ sourceWorkload: 'cart', destinationWorkload: 'real-owner' });
  });

  it('logs one of every N flows with the weight N, and every denied flow', async () => {
    await using loki = await new FakeLoki().start();
    await using sink = await SinkUnderTest.start({ url: loki.url, sampleOneOf: 10 });
    await sink.write(100);
    await sink.write(30, { more: { ingressNetworkPolicyRuleAction: RuleAction.drop } });
    await sink.write(30, { more: { egressNetworkPolicyRuleAction: RuleAction.reject } });
    await sink.write(95, { more: { ingressNetworkPolicyRuleAction: RuleAction.allow } });
    await sink.stop();
    const weightOf = (line: string) => Number(/ weight=(\d+)/.exec(line)?.[1] ?? 1);
    const inParts = (from: number, to: number) =>
      loki.stored.filter((line) => numberOfLine(line) >= from && numberOfLine(line) < to);
    const denied = inParts(100, 160);
    expect(denied).toHaveLength(60);
    expect(denied.map(weightOf)).toEqual(denied.map(() => 1));
    expect(inParts(0, 100).map(weightOf)).toEqual(Array(10).fill(10));
    expect(inParts(160, 255).map(weightOf)).toEqual(Array(10).fill(10));
    expect(sink.account).toMatchObject({ received: 80, sent: 80 });
    expect(sink.events).toEqual({ 'not sampled': 175 });
  });

  it('logs a flow with implausible times at the present', async () => {
    await using loki = await new FakeLoki().start();
    await using sink = await SinkUnderTest.start({ url: loki.url });
    const times = [undefined, 0, Date.UTC(2020), Date.UTC(2050), 8.64e15, 2 ** 62];
    const before = Date.now();
    for (const flowEndMilliseconds of times) {
      const { flowEndMilliseconds: _, ...flow } = numberedFlow(1);
      await sink.sink.write(
        batchOf([{ ...flow, ...(flowEndMilliseconds !== undefined && { flowEndMilliseconds }) }]),
      );
    }
    await sink.stop();
    const timesMs = loki.pushes.flatMap(({ streams }) =>
      streams.flatMap(({ values }) => values.map(([time]) => Number(time) / 1e6)),
    );
    expect(timesMs).toHaveLength(times.length);
    for (const timeMs of timesMs) expect(timeMs).toBeGreaterThanOrEqual(before - 1);
    for (const line of loki.stored) expect(line).toMatch(/flowEndMilliseconds=/);
  });
});

describe('a sink without a configured kind of server', () => {
  const servers = Object.keys(logServers) as LogServerName[];
  const numbers = Array.from({ length: 200 }, (_, number) => number);
  const storedIn = ({ stored }: FakeLoki) => stored.map(numberOfLine).sort((one, other) => one - other);

  it.each(servers)('detects %s, and pushes in its form', async (server) => {
    await using loki = await new FakeLoki().start();
    loki.server = server;
    await using sink = await SinkUnderTest.start({ url: loki.url, server: 'detect' });
    await sink.write(200);
    await sink.stop();
    expect(storedIn(loki)).toEqual(numbers);
    const { pushPath, headers } = logServers[server];
    for (const push of loki.pushes) expect(push).toMatchObject({ path: pushPath, headers });
    expect(sink.account, sink.statement).toMatchObject({ received: 200, sent: 200, totalDropped: 0 });
  });

  it.each(servers)('detects %s after its absence at first, and loses no line', async (server) => {
    await using loki = await new FakeLoki().start();
    loki.server = server;
    const { url, port } = loki;
    await loki.stop();
    await using sink = await SinkUnderTest.start({ url, server: 'detect', batchAgeMs: 10 });
    await sink.write(100);
    await until('a push to be put off', () => (sink.events['put off: unreachable'] ?? 0) > 0);
    expect(sink.account).toMatchObject({ sent: 0, held: 100 });
    await loki.start(port);
    await sink.write(100);
    await until('all lines', () => sink.account.sent === 200);
    await sink.stop();
    expect(storedIn(loki)).toEqual(numbers);
    for (const { path } of loki.pushes) expect(path).toBe(logServers[server].pushPath);
    expect(sink.account, sink.statement).toMatchObject({ received: 200, totalDropped: 0, held: 0 });
  });
});
