import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { EventsAnswer, KeptEvent } from '../../src/flow/index.ts';
import { startWeir } from '../cli/weir.ts';
import { type Alertmanager, startAlertmanager } from '../support/alertmanager.ts';
import { startMetricsPage } from '../support/metrics-page.ts';
import type { Program } from '../support/program.ts';
import { startPrometheus } from '../support/prometheus.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

/* Alerts of a real Alertmanager, as docs/how-to/events.md configures it, become events of an aggregator. */

class Aggregator implements AsyncDisposable {
  readonly directory = new TemporaryDirectory();
  readonly #program: Program;
  url = '';

  constructor() {
    writeFileSync(this.tokenFile, 'a-token-of-32-characters-or-more');
    const file = this.directory.file('aggregator.yaml');
    const configuration = {
      aggregatorTransportProtocol: 'tcp',
      weir: {
        listen: ['tcp://127.0.0.1:0'],
        metrics: { listen: '127.0.0.1:0' },
        http: { listen: '127.0.0.1:0', tokenFile: this.tokenFile, console: false },
        sinks: [{ history: { directory: this.directory.file('history') } }],
      },
    };
    writeFileSync(file, JSON.stringify(configuration));
    this.#program = startWeir(['aggregator', '--config', file]);
  }

  async start(): Promise<this> {
    const [, url] = await this.#program.says(/http: answers .*?(http:\/\/\S+\d)/);
    await this.#program.says(/weir: ready/);
    this.url = url!;
    return this;
  }

  get tokenFile(): string {
    return this.directory.file('weir-token');
  }

  /** What Alertmanager's configuration has for it. */
  webhook(more: object = {}): object {
    const http_config = { authorization: { credentials_file: this.tokenFile } };
    return { url: `${this.url}/alerts`, max_alerts: 500, http_config, ...more };
  }

  async alerts(): Promise<readonly KeptEvent[]> {
    const headers = { authorization: 'Bearer a-token-of-32-characters-or-more' };
    const answer = await fetch(`${this.url}/events?kind=alert&since=1h`, { headers });
    return ((await answer.json()) as EventsAnswer).events;
  }

  says(pattern: RegExp): Promise<RegExpMatchArray> {
    return this.#program.says(pattern);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
    this.directory[Symbol.dispose]();
  }
}

const rules = {
  groups: [
    {
      name: 'test',
      rules: [
        {
          alert: 'QueueFull',
          expr: 'queue > 0',
          labels: { severity: 'warning' },
          annotations: { summary: 'The queue {{ $labels.queue }} is full' },
        },
      ],
    },
  ],
};

/** Tells all alerts of a group again each second. */
const again = { group_by: ['alertname'], group_wait: '0s', group_interval: '1s', repeat_interval: '1s' };

const storyOf = (events: readonly KeptEvent[]) =>
  events.map(({ type, facts }) => `${type} ${facts.queue}`).toSorted();

/** Waits until Alertmanager has told so many more times what it knows. */
async function toldAgain(alertmanager: Alertmanager, times: number): Promise<void> {
  const { sent } = await alertmanager.notifications();
  await until('further notifications', async () => (await alertmanager.notifications()).sent >= sent + times);
}

requires('prometheus', 'prometheus-alertmanager')('alerts of a real Alertmanager', () => {
  it('become one event when they begin and one when they end, although Alertmanager repeats them', async () => {
    await using aggregator = await new Aggregator().start();
    await using alertmanager = await startAlertmanager({ webhooks: [aggregator.webhook()], route: again });
    await using page = await startMetricsPage('queue{queue="a",namespace="shop"} 1\nqueue{queue="b"} 0\n');
    using directory = new TemporaryDirectory();
    writeFileSync(directory.file('rules.yaml'), JSON.stringify(rules));
    await using _prometheus = await startPrometheus({
      scrape: { queues: [page.address] },
      ruleFiles: [directory.file('rules.yaml')],
      alertmanagers: [alertmanager.address],
    });
    const beganMs = Date.now();
    await until('the first alert', async () => (await aggregator.alerts()).length === 1);
    page.text = 'queue{queue="a",namespace="shop"} 1\nqueue{queue="b"} 1\n';
    await until('the second alert of the group', async () => (await aggregator.alerts()).length === 2);
    await toldAgain(alertmanager, 3);
    expect(storyOf(await aggregator.alerts())).toEqual(['Warning a', 'Warning b']);
    page.text = 'queue{queue="a",namespace="shop"} 0\nqueue{queue="b"} 1\n';
    await until('the end of the first', async () => (await aggregator.alerts()).length === 3);
    await toldAgain(alertmanager, 3);
    page.text = 'queue{queue="a",namespace="shop"} 1\nqueue{queue="b"} 1\n';
    await until('the first once more', async () => (await aggregator.alerts()).length === 4);
    await toldAgain(alertmanager, 3);
    const events = await aggregator.alerts();
    expect(storyOf(events)).toEqual(['Normal a', 'Warning a', 'Warning a', 'Warning b']);
    expect(events[0]).toMatchObject({
      ...{ kind: 'alert', reason: 'QueueFull', type: 'Warning', objectKind: 'Alert' },
      ...{ message: 'began: The queue a is full', names: { sourcePodNamespace: 'shop' } },
      facts: { queue: 'a', severity: 'warning' },
    });
    for (const { time } of events) {
      expect(Date.parse(time)).toBeGreaterThan(beganMs - 30_000);
      expect(Date.parse(time)).toBeLessThanOrEqual(Date.now());
    }
    expect((await alertmanager.notifications()).failed).toBe(0);
  });

  it('are one event each when two Prometheus tell the same alert with other times', async () => {
    await using aggregator = await new Aggregator().start();
    await using alertmanager = await startAlertmanager({ webhooks: [aggregator.webhook()], route: again });
    const labels = { alertname: 'QueueFull', queue: 'a' };
    const startsMs = Date.now();
    const startsAt = (aheadMs: number) => ({ labels, startsAt: new Date(startsMs - aheadMs).toISOString() });
    await alertmanager.post([startsAt(0)]);
    await until('the alert', async () => (await aggregator.alerts()).length === 1);
    await alertmanager.post([startsAt(4_000)]);
    await toldAgain(alertmanager, 2);
    await alertmanager.post([startsAt(2_000)]);
    await toldAgain(alertmanager, 2);
    expect(storyOf(await aggregator.alerts())).toEqual(['Warning a']);
    const endsAt = new Date().toISOString();
    await alertmanager.post([{ ...startsAt(4_000), endsAt }]);
    await until('its end', async () => (await aggregator.alerts()).length === 2);
    await delay(2_000); // it could be told again meanwhile
    expect(storyOf(await aggregator.alerts())).toEqual(['Normal a', 'Warning a']);
  });

  it('are one event each when a group is cut, and a warning says how many are not told', async () => {
    await using aggregator = await new Aggregator().start();
    const webhooks = [aggregator.webhook({ max_alerts: 3 })];
    await using alertmanager = await startAlertmanager({ webhooks, route: again });
    const startsAt = new Date().toISOString();
    const alerts = ['a', 'b', 'c', 'd', 'e'].map((queue) => ({
      labels: { alertname: 'QueueFull', queue },
      startsAt,
    }));
    await alertmanager.post(alerts);
    await aggregator.says(/2 alerts of a group are not told/);
    await toldAgain(alertmanager, 3);
    const events = storyOf(await aggregator.alerts());
    expect(events).toHaveLength(new Set(events).size);
    expect(events).toHaveLength(3);
    expect((await alertmanager.notifications()).failed).toBe(0);
  });

  it('are taken with a token only', async () => {
    await using aggregator = await new Aggregator().start();
    const webhooks = [aggregator.webhook({ http_config: {} })];
    await using alertmanager = await startAlertmanager({ webhooks, route: again });
    await alertmanager.post([{ labels: { alertname: 'QueueFull', queue: 'a' } }]);
    await until('a refusal', async () => (await alertmanager.notifications()).failed > 0);
    expect(await aggregator.alerts()).toEqual([]);
  });
});
