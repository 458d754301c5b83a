import { describe, expect, it } from 'vitest';
import { batchOf, Dictionary } from '../../src/flow/index.ts';
import { FlowLogWorkerSink } from '../../src/logs/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import { PushReceiver } from '../support/push-receiver.ts';
import { numberedFlow, numberOfLine } from '../support/sink-under-test.ts';
import { until } from '../support/until.ts';

class Scene {
  readonly ledger = new Ledger();
  readonly said: string[] = [];
  readonly log = new Log(systemClock, (line) => this.said.push(line));
  readonly sink: FlowLogWorkerSink;

  constructor(options: ConstructorParameters<typeof FlowLogWorkerSink>[1]) {
    this.sink = new FlowLogWorkerSink('loki', options, this);
  }

  get lines() {
    return this.ledger.accounts[0]!.toJSON();
  }
}

describe('a sink in a thread', () => {
  it('logs batches of any dictionary, and has the ledger account of the thread', async () => {
    await using loki = await new PushReceiver().start();
    const scene = new Scene({ url: loki.url, encoding: 'json' });
    await scene.sink.start();
    const shared = new Dictionary();
    for (const [i, dictionary] of [shared, shared, new Dictionary(), shared].entries()) {
      const flows = Array.from({ length: 10 }, (_, row) =>
        numberedFlow(10 * i + row, { sourcePodName: `pod-${i}-${row}` }),
      );
      await scene.sink.write(batchOf(flows, dictionary));
    }
    expect(scene.lines.received).toBe(40);
    await scene.sink.stop(60_000);
    expect(scene.lines).toMatchObject({ received: 40, sent: 40, dropped: {}, held: 0, closed: true });
    const entries = loki.requests.flatMap(({ streams }) => streams.flatMap(({ values }) => values));
    const names = entries.map(([, line, metadata]) => [numberOfLine(line), metadata?.sourcePodName]);
    expect(new Map(names as [number, string][])).toEqual(
      new Map(Array.from({ length: 40 }, (_, n) => [n, `pod-${Math.floor(n / 10)}-${n % 10}`])),
    );
  });

  it("logs the thread's messages, is down while Loki is, and counts undelivered records", async () => {
    await using loki = await new PushReceiver().start();
    loki.answer = (response) => response.writeHead(503).end('not now');
    const scene = new Scene({ url: loki.url, encoding: 'json', batchAgeMs: 10 });
    await scene.sink.start();
    expect(scene.sink.isUp).toBe(true);
    await scene.sink.write(batchOf([numberedFlow(1)]));
    await until('it to be down', () => !scene.sink.isUp);
    await scene.sink.stop(1_100);
    expect(scene.said.join('\n')).toMatch(/warn {2}loki: the server does not accept lines now: 503, not now/);
    expect(scene.lines).toMatchObject({
      received: 1,
      sent: 0,
      dropped: { 'not delivered in time': 1 },
      closed: true,
    });
  });

  it('reports why its thread ended, to its starter and in the log', async () => {
    const scene = new Scene({ url: 'no url' });
    await expect(scene.sink.start()).rejects.toThrow('Invalid URL');
    await expect(scene.sink.write(batchOf([numberedFlow(1)]))).rejects.toThrow();
    expect(scene.said[0]).toContain('loki: its thread has ended: Invalid URL');
    expect(scene.lines).toMatchObject({ received: 0, closed: true });
  });

  it('does not start without its files, and names the missing one', async () => {
    const scene = new Scene({ url: 'http://127.0.0.1:1', bearerTokenFile: '/nowhere/token' });
    await expect(scene.sink.start()).rejects.toMatchObject({
      code: 'WEIR_LOKI_FILE',
      message: expect.stringContaining('/nowhere/token'),
    });
    await scene.sink.stop(1_000);
  });
});
