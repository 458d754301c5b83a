import { Agent, type AgentOptions } from '../../src/exporter/index.ts';
import type { FlowRecord } from '../../src/flow/index.ts';
import { type AccountStatement, Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import type { NetworkNamespace } from './namespace.ts';

/** An agent in this process that watches a namespace, with its log, ledger and records. */
export class WatchedHost implements AsyncDisposable {
  readonly records: FlowRecord[] = [];
  readonly ledger = new Ledger();
  readonly said: string[] = [];
  readonly agent: Agent;
  #isRunning = false;

  constructor(namespace: NetworkNamespace, options: Partial<AgentOptions> = {}) {
    this.agent = new Agent(
      {
        nodeName: 'node-a',
        netns: namespace.path,
        loopback: true,
        tracking: true,
        pollIntervalMs: 1_000,
        activeTimeoutMs: 2_000,
        idleTimeoutMs: 2_000,
        ...options,
      },
      {
        clock: systemClock,
        log: new Log(systemClock, (line) => this.said.push(line)),
        ledger: this.ledger,
        emit: (batch) => this.records.push(...batch),
      },
    );
  }

  async start(): Promise<this> {
    await this.agent.start();
    this.#isRunning = true;
    return this;
  }

  /** Stops the agent and returns all its records. */
  async finish(): Promise<FlowRecord[]> {
    if (this.#isRunning) await this.agent.stop(60_000);
    this.#isRunning = false;
    return this.records;
  }

  /**
   * The records of each connection. The kernel reuses an id for the same tuple at the same place in memory.
   */
  flows(): FlowRecord[][] {
    const identity = ({ flowId, flowStartMilliseconds }: FlowRecord) => `${flowId} ${flowStartMilliseconds}`;
    return [...Map.groupBy(this.records, identity).values()];
  }

  account(name: string): AccountStatement {
    const account = this.ledger.toJSON().find((statement) => statement.name === name);
    if (account === undefined) throw new Error(`there is no account ${name}`);
    return account;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.finish();
  }
}

/** What the deltas of records add up to, in the shape of `Counted`, per direction. */
export function sumOf(records: readonly FlowRecord[]) {
  const sum = { packets: 0, octets: 0, replyPackets: 0, replyOctets: 0 };
  for (const record of records) {
    sum.packets += record.packetDeltaCount ?? Number.NaN;
    sum.octets += record.octetDeltaCount ?? Number.NaN;
    sum.replyPackets += record.reversePacketDeltaCount ?? Number.NaN;
    sum.replyOctets += record.reverseOctetDeltaCount ?? Number.NaN;
  }
  return sum;
}
