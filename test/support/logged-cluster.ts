import { setTimeout as delay } from 'node:timers/promises';
import { type FlowRecord, FlowType, RuleAction } from '../../src/flow/index.ts';
import type { FlowLogger } from './flow-logger.ts';

/** Rules and their history are this many times faster in tests: 15m becomes 15 seconds, a day 24 minutes. */
export const pace = 60;
export const minuteMs = 60_000 / pace;
export const dayMs = 1_440 * minuteMs;

const ofPod = (end: 'source' | 'destination', namespace: string, workload: string): FlowRecord => ({
  [`${end}PodNamespace`]: namespace,
  [`${end}PodName`]: `${workload}-6d5f7c9d88-x7k2p`,
  [`${end}NodeName`]: 'node-1',
});

export const between = (from: string, to: string): FlowRecord => ({
  ...ofPod('source', 'shop', from),
  ...ofPod('destination', 'shop', to),
  flowType: FlowType.interNode,
});

export const outside = (from: string, destinationIP: string): FlowRecord => ({
  ...ofPod('source', 'shop', from),
  ...addressed(destinationIP),
});

/** A flow of a process on a node, without a Pod. */
export const nodeOutside = (sourceNodeName: string, destinationIP: string): FlowRecord => ({
  sourceNodeName,
  ...addressed(destinationIP),
});

const addressed = (destinationIP: string): FlowRecord => ({
  ...(destinationIP.includes(':') && { sourceIP: '2001:db8:f00::1' }),
  destinationIP,
  destinationTransportPort: 443,
  flowType: FlowType.toExternal,
});

export const denied = (from: string, namespace: string, to: string, policy: string): FlowRecord => ({
  ...ofPod('source', 'shop', from),
  ...ofPod('destination', namespace, to),
  ingressNetworkPolicyNamespace: namespace,
  ingressNetworkPolicyName: policy,
  ingressNetworkPolicyRuleAction: RuleAction.drop,
  flowType: FlowType.interNode,
});

/**
 * A cluster whose flows are logged: a week and more ago, yesterday, and from now on, with a test's additions.
 */
export class LoggedCluster {
  /** Flows logged four times a second, so that the log is alive. */
  readonly goingOn: FlowRecord[] = [between('web', 'cart')];
  readonly #logger: FlowLogger;
  readonly #beganMs = Date.now();
  readonly #end = new AbortController();
  #logged = Promise.resolve();

  constructor(logger: FlowLogger) {
    this.#logger = logger;
  }

  /** The past, in order: denials, external addresses, and the active workloads at this time yesterday. */
  async logPast(): Promise<void> {
    const began = this.#beganMs;
    const yesterday = began - dayMs;
    await this.#logAt(began - 7 * dayMs - 20 * minuteMs, denied('web', 'shop', 'cart', 'forgotten'));
    await this.#logAt(yesterday, denied('web', 'shop', 'cart', 'remembered'));
    await this.#logAt(yesterday - 20 * minuteMs, outside('web', '203.0.113.7'));
    await this.#logAt(
      yesterday + 200 * minuteMs,
      outside('web', '198.51.100.7'),
      outside('web', '2001:db8:1::7'),
    );
    const flows: FlowRecord[] = [];
    for (let endMs = yesterday - 40 * minuteMs; endMs < yesterday + 240 * minuteMs; endMs += 250)
      for (const kind of [between('web', 'cart'), between('few', 'many'), nodeOutside('node-1', '192.0.2.9')])
        flows.push(this.#logger.flow(endMs, kind));
    await this.#logger.log(flows);
  }

  /** Resolves when the server has taken them. */
  logNow(count: number, more: FlowRecord): Promise<void> {
    return this.#logger.log(Array.from({ length: count }, () => this.#logger.flow(Date.now(), more)));
  }

  keepLogging(): void {
    this.#logged = this.#logUntilStopped();
  }

  async stopLogging(): Promise<void> {
    this.#end.abort();
    await this.#logged;
  }

  async #logUntilStopped(): Promise<void> {
    while (!this.#end.signal.aborted) {
      await this.#logger.log(this.goingOn.map((more) => this.#logger.flow(Date.now(), more)));
      await delay(250);
    }
  }

  #logAt(endMs: number, ...kinds: FlowRecord[]): Promise<void> {
    return this.#logger.log(kinds.map((more) => this.#logger.flow(endMs, more)));
  }
}
