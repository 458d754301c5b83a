import { type NetflowVersion, notDecoded } from '../ipfix/index.ts';
import type { CapturedNetflow } from './capture/index.ts';

/** Exporters that are told apart; it is known of more that there are some. */
const MAX_EXPORTERS = 1024;

export interface NetflowSummary {
  readonly reason: `netflow-v${NetflowVersion}`;
  readonly packets: number;
  readonly text: string;
}

/** Counts the NetFlow of one file, by version, so that it costs one line and not one for each packet. */
export class NetflowCount {
  readonly #versions = new Map<NetflowVersion, { packets: number; exporters: Set<string> }>();

  take({ netflow, exporter = 'the file' }: CapturedNetflow): void {
    const count = this.#versions.get(netflow) ?? { packets: 0, exporters: new Set() };
    this.#versions.set(netflow, count);
    count.packets++;
    if (count.exporters.size < MAX_EXPORTERS) count.exporters.add(exporter);
  }

  summaries(): NetflowSummary[] {
    return [...this.#versions].map(([version, { packets, exporters }]) => {
      const [first, ...others] = exporters;
      const from = others.length === 0 ? first : `${first} and ${others.length} more`;
      const counted = `${packets} ${packets === 1 ? 'packet' : 'packets'}`;
      const text = `NetFlow v${version}: ${counted} from ${from}, ${notDecoded}`;
      return { reason: `netflow-v${version}`, packets, text };
    });
  }
}
