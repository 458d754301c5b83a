import { describe, expect, it } from 'vitest';
import {
  type Conversation,
  converse,
  type Family,
  families,
  type Kind,
  kinds,
  type Scene,
  titles,
  truthOf,
} from './cluster-scene.ts';
import type { FlowLine } from './cluster-weir.ts';
import { until } from './until.ts';
import type { LedgerLine } from './weir.ts';

/** What reports flows. */
export interface Watching {
  readonly lines: FlowLine[];
  stop(): Promise<LedgerLine[]>;
}

/** The conversations of a scene, by title and family. */
export class Conversations {
  readonly scene: Scene;
  readonly #watching: Watching;
  readonly #made = new Map<string, Conversation>();

  constructor(scene: Scene, watching: Watching) {
    this.scene = scene;
    this.#watching = watching;
  }

  /** All records so far. */
  get lines(): FlowLine[] {
    return this.#watching.lines;
  }

  /** Makes each, those of both families at once. */
  async make(): Promise<void> {
    for (const title of titles)
      await Promise.all(
        families.map(async (family) =>
          this.#made.set(`${title} ${family}`, await converse(this.scene, kinds[title]!, family)),
        ),
      );
  }

  get(title: string, family: Family): Conversation {
    return this.#made.get(`${title} ${family}`)!;
  }

  /** The records of one, when one says that it has ended or fallen idle. */
  recordsOf(title: string, family: Family): Promise<FlowLine[]> {
    const { localPort } = this.get(title, family);
    const { addresses } = kinds[title]!.from(this.scene);
    return until(
      `the last record of ${title} over ${family}`,
      () => {
        const lines = this.#watching.lines.filter(
          (line) => line.sourceIP === addresses[family] && line.sourceTransportPort === localPort,
        );
        if (kinds[title]!.denial !== undefined) return isDenied(lines) && lines;
        const isOver = lines.some((line) => ['EndOfFlow', 'IdleTimeout'].includes(`${line.flowEndReason}`));
        return isOver && lines;
      },
      { everyMs: 200 },
    );
  }
}

/** Of the two halves of a denied flow, that with the rule has come. */
const isDenied = (lines: readonly FlowLine[]) =>
  lines.some((line) => line.ingressNetworkPolicyRuleName ?? line.egressNetworkPolicyRuleName);

/** The parts of a record that the truth has. */
const told = (line: FlowLine, truth: object) =>
  Object.fromEntries(Object.keys(truth).map((key) => [key, line[key]]));

const isSeenTwice = ({ nodes: [source, destination] }: Kind): boolean =>
  source !== undefined && destination !== undefined && source !== destination;

/** @param get the conversations, once they were made */
export function describeRecords(get: () => Conversations): void {
  describe.each(families)('over IP%s', (family) => {
    it.each(titles)('tells all of %s in one record', async (title) => {
      const kind = kinds[title]!;
      const conversations = get();
      const truth = truthOf(conversations.scene, kind, family, conversations.get(title, family));
      const lines = await conversations.recordsOf(title, family);
      const last = lines.at(-1)!;
      for (const line of kind.denial ? [last] : lines) expect(told(line, truth)).toEqual(truth);
      if (kind.denial !== undefined) return;
      const least = kind.protocol === 'udp' ? 900 : 20_000;
      expect(last.octetTotalCount).toBeGreaterThan(least);
      if (!isSeenTwice(kind)) return;
      expect(last.octetTotalCountFromDestinationNode).toBeGreaterThan(least);
      if (kind.isOfNode) return;
      expect(last.octetTotalCountFromSourceNode).toBe(last.octetTotalCountFromDestinationNode);
      expect(last.reversePacketTotalCountFromSourceNode).toBe(
        last.reversePacketTotalCountFromDestinationNode,
      );
    });
  });
}
