import { describe, expect, it } from 'vitest';
import type { ClusterEvent } from '../../../src/flow/index.ts';
import { EventLog, type FlowLogOptions } from '../../../src/logs/index.ts';
import { type LogServerName, logServers } from '../../../src/logs/log-server.ts';
import { Ledger, Log, systemClock } from '../../../src/runtime/index.ts';
import { FakeLoki } from '../../support/fake-loki.ts';
import { killedContainer } from '../../support/logged-event.ts';
import type { PushedStream } from '../../support/push-receiver.ts';

/** What a log pushes of these events, and its account after that. */
async function pushed(events: readonly ClusterEvent[], options: Partial<FlowLogOptions> = {}) {
  await using loki = await new FakeLoki().start();
  const ledger = new Ledger();
  const log = new EventLog('loki', { url: loki.url, ...options }, { clock: systemClock, ledger, log: quiet });
  await log.start();
  for (const event of events) log.write(event);
  await log.stop(60_000);
  const streams: readonly PushedStream[] = loki.pushes.flatMap((push) => push.streams);
  return { streams, entries: streams.flatMap(({ values }) => values), account: ledger.toJSON()[0]!, loki };
}

const quiet = new Log(systemClock, () => {});

describe('a log of events', () => {
  it('has the labels and metadata of flows in streams of its own, and the other names in the line', async () => {
    const event = killedContainer();
    const { streams, account } = await pushed([event], { staticLabels: { environment: 'test' } });
    expect(streams).toHaveLength(1);
    const [{ stream, values }] = streams as [PushedStream];
    expect(stream).toEqual({
      service_name: 'weir-events',
      environment: 'test',
      namespace: 'shop',
      cluster: 'blue',
    });
    const [time, line, metadata] = values[0]!;
    expect(BigInt(time) / 1_000_000n).toBe(BigInt(event.timeMs));
    expect(line).toBe(
      'message="container app ended with exit code 137" container=app exitCode=137 ' +
        'sourceWorkloadKind=StatefulSet sourceWorkloadName=cart',
    );
    expect(metadata).toEqual({
      sourcePodNamespace: 'shop',
      sourcePodName: 'cart-0',
      sourceNodeName: 'node-a',
      clusterId: 'blue',
      reason: 'OOMKilled',
      eventType: 'Warning',
      objectKind: 'Pod',
      objectName: 'cart-0',
    });
    expect(account).toMatchObject({ name: 'loki loki events', received: 1, sent: 1, closed: true });
  });

  it('has its names where the options of the sink put those of flows', async () => {
    const { streams } = await pushed([killedContainer()], {
      labels: ['node', 'verdict'],
      metadata: ['sourceWorkloadName'],
      omit: ['sourceWorkloadKind'],
    });
    const [{ stream, values }] = streams as [PushedStream];
    expect(stream).toEqual({ service_name: 'weir-events', node: 'node-a' });
    expect(values[0]![1]).toMatch(
      /exitCode=137 sourcePodNamespace=shop sourcePodName=cart-0 sourceNodeName=node-a /,
    );
    expect(values[0]![1]).not.toContain('Workload');
    expect(values[0]![2]).toMatchObject({ sourceWorkloadName: 'cart' });
  });

  it('writes an event in every process alike, so that Loki keeps one, and two of a millisecond apart', async () => {
    const event = killedContainer();
    const [one, other] = await Promise.all([pushed([event]), pushed([event])]);
    expect(one.entries).toEqual(other.entries);
    const { entries } = await pushed([event, killedContainer({ timeMs: event.timeMs, identity: 'uid-2' })]);
    expect(new Set(entries.map(([time]) => time)).size).toBe(2);
  });

  it('writes the time into the line where a server might refuse it', async () => {
    const timeMs = Date.now() - 3_600_000;
    const { entries } = await pushed([killedContainer({ timeMs })]);
    expect(Number(BigInt(entries[0]![0]) / 1_000_000n)).toBeGreaterThan(timeMs + 3_000_000);
    expect(entries[0]![1]).toContain(` happened=${new Date(timeMs).toISOString()}`);
  });

  it('keeps hostile texts from looking like fields, and bounds them', async () => {
    const message = `"\u001b[2J\nsourcePodName=vault-0 \u202e${'\u0000'.repeat(1_024)}\ud800\ufffd`;
    const long = 'é'.repeat(5_000);
    const { streams, account } = await pushed([
      killedContainer({
        message,
        reason: '\u001b[31m\ufffd',
        objectName: long,
        names: { sourcePodNamespace: long },
      }),
    ]);
    const [time, line, metadata] = streams[0]!.values[0]!;
    expect(time).toBeDefined();
    expect(Buffer.byteLength(line)).toBeLessThan(3 * 4_096);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
    expect(line).not.toMatch(/[\u0000-\u001f\u202e\ufffd]/);
    expect(line).toMatch(/^message="(?:[^"\\]|\\.)*" container=app exitCode=137$/);
    expect(metadata!.reason).toBe('\\u001b[31m?');
    for (const value of Object.values(metadata!)) expect(Buffer.byteLength(value)).toBeLessThanOrEqual(1_027);
    expect(account).toMatchObject({ sent: 1 });
  });

  it('has a bounded number of streams', async () => {
    const events = Array.from({ length: 300 }, (_, i) =>
      killedContainer({ identity: `${i}`, names: { sourcePodNamespace: `team-${i}` } }),
    );
    const { streams } = await pushed(events, { valuesPerLabel: 3 });
    const names = new Set(streams.map(({ stream }) => stream.namespace));
    expect(names).toEqual(new Set(['team-0', 'team-1', 'team-2', 'other']));
  });

  it('drops and counts what has no room while the server is away', async () => {
    const ledger = new Ledger();
    const log = new EventLog(
      'loki',
      { url: 'http://127.0.0.1:9' },
      { clock: systemClock, ledger, log: quiet },
    );
    await log.start();
    const message = 'x'.repeat(4_000);
    for (let i = 0; i < 3_000; i++) log.write(killedContainer({ identity: `${i}`, message }));
    const waiting = ledger.toJSON()[0]!;
    expect(waiting).toMatchObject({ received: 3_000, sent: 0, closed: true });
    expect(waiting.dropped['no room in memory']).toBeGreaterThan(1_000);
    expect(waiting.held).toBeGreaterThan(900);
    await log.stop(0);
    expect(ledger.toJSON()[0]).toMatchObject({ sent: 0, held: 0, closed: true });
  });

  it.each(Object.keys(logServers) as LogServerName[])('reaches %s by its own path', async (server) => {
    const { loki, account } = await pushed([killedContainer()], { server });
    expect(loki.pushes[0]!.path).toBe(logServers[server].pushPath);
    expect(account).toMatchObject({ name: `${server.toLowerCase()} loki events`, sent: 1 });
  });
});
