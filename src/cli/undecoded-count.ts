import { notDecoded, protocolName, type UndecodedProtocol } from '../ipfix/index.ts';
import type { CapturedUndecoded } from './capture/index.ts';

/** Maximum exporters that are counted by address. */
const MAX_EXPORTERS = 1024;

export interface UndecodedSummary {
  readonly reason: UndecodedProtocol;
  readonly packets: number;
  readonly text: string;
}

/**
 * Counts the parts of one file that are NetFlow or sFlow outside of datagrams. Each version costs one line in
 * the output.
 */
export class UndecodedCount {
  readonly #protocols = new Map<UndecodedProtocol, { packets: number; exporters: Set<string> }>();

  take({ undecoded, exporter = 'the file' }: CapturedUndecoded): void {
    const count = this.#protocols.get(undecoded) ?? { packets: 0, exporters: new Set() };
    this.#protocols.set(undecoded, count);
    count.packets++;
    if (count.exporters.size < MAX_EXPORTERS) count.exporters.add(exporter);
  }

  summaries(): UndecodedSummary[] {
    return [...this.#protocols].map(([reason, { packets, exporters }]) => {
      const [first, ...others] = exporters;
      const from = others.length === 0 ? first : `${first} and ${others.length} more`;
      const counted = `${packets} ${packets === 1 ? 'packet' : 'packets'}`;
      const text = `${protocolName(reason)}: ${counted} from ${from}, ${notDecoded}`;
      return { reason, packets, text };
    });
  }
}
