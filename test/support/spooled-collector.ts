import { batchOf } from '../../src/flow/index.ts';
import { IpfixSink } from '../../src/forward/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import { SpoolingSink } from '../../src/sinks/index.ts';
import { loopbackTls } from './loopback-tls.ts';
import type { ReturningCollector } from './returning-collector.ts';
import { numberedFlow } from './sink-under-test.ts';

/** A sink to a collector with a spool, and flows with numbers for it. */
export class SpooledCollector {
  readonly ledger = new Ledger();
  readonly said: string[] = [];
  readonly log = new Log(systemClock, (line) => this.said.push(line));
  readonly clock = systemClock;
  readonly sink: SpoolingSink;
  #written: number;

  constructor(
    address: ReturningCollector['address'],
    directory: string,
    { maxOctets = 10_000_000, from = 0 } = {},
  ) {
    this.#written = from;
    const { clock, ledger, log } = this;
    const inner = new IpfixSink('collector', {
      address,
      observationDomainId: 1,
      tls: loopbackTls,
      flushIntervalMs: 10,
      reconnectMs: { least: 20, greatest: 50 },
      clock,
      ledger,
      log,
    });
    this.sink = new SpoolingSink(inner, { directory, maxOctets }, this);
  }

  /** Writes flows with consecutive numbers, in `octetTotalCount`. */
  async write(count: number, perBatch = 10): Promise<void> {
    for (let left = count; left > 0; left -= perBatch) {
      const flows = Array.from({ length: perBatch }, () => {
        const number = this.#written++;
        return { ...numberedFlow(number), octetTotalCount: number };
      });
      await this.sink.write(batchOf(flows));
    }
  }
}
