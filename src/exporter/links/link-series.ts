import type { ChosenLinks, LinkChoice } from './link-choice.ts';
import type { LinkCounters, LinkState } from './link-state.ts';

/** One series: a link since its creation, or the sum of the links without their own series. */
export interface LinkMetrics extends LinkCounters {
  readonly name: string;
  /** In each direction: as configured, else as the system reports, else undefined. */
  readonly capacityBitsPerSecond: number | undefined;
}

/** Number of links that are shown in one way. */
export interface LinkCount {
  readonly told: 'own' | 'summed' | 'beyond limit';
  readonly links: number;
}

/** The name of the sum. No interface has it: the kernel allows no space in a name. */
const SUM = 'other links';
const counterNames = [
  'receivedOctets',
  'receivedPackets',
  'receivedErrors',
  'receivedDropped',
  'sentOctets',
  'sentPackets',
  'sentErrors',
  'sentDropped',
] as const satisfies readonly (keyof LinkCounters)[];

/**
 * The series of a namespace's links. The sum adds up the growth of each link without its own series between
 * two readings. So a link that disappears subtracts nothing. The sum begins at zero, so a restart counts
 * nothing twice.
 */
export class LinkSeries {
  readonly #choice: LinkChoice;
  readonly #capacities: ReadonlyMap<string, number>;
  #before: ReadonlyMap<number, LinkState> | undefined;
  #chosen: ChosenLinks = { own: [], summed: [], beyondLimit: [] };
  #sum: Record<keyof LinkCounters, number> | undefined;

  /** @param capacities bits per second by name, in place of the system's */
  constructor(choice: LinkChoice, capacities: ReadonlyMap<string, number>) {
    this.#choice = choice;
    this.#capacities = capacities;
  }

  /** The links at the last reading; the sum comes last, once there was something to sum up. */
  get metrics(): LinkMetrics[] {
    const series: LinkMetrics[] = this.#chosen.own.map((link) => ({
      ...link,
      capacityBitsPerSecond: this.#capacities.get(link.name) ?? link.speedBitsPerSecond,
    }));
    if (this.#sum !== undefined) series.push({ ...this.#sum, name: SUM, capacityBitsPerSecond: undefined });
    return series;
  }

  get counts(): LinkCount[] {
    const { own, summed, beyondLimit } = this.#chosen;
    return [
      { told: 'own', links: own.length },
      { told: 'summed', links: summed.length },
      { told: 'beyond limit', links: beyondLimit.length },
    ];
  }

  /** @returns a warning if the limit has begun to exclude links */
  take(links: readonly LinkState[]): string | undefined {
    const wereBeyond = this.#chosen.beyondLimit.length;
    this.#chosen = this.#choice.divide(links);
    const { summed, beyondLimit } = this.#chosen;
    for (const link of [...summed, ...beyondLimit]) this.#addGrowth(link);
    this.#before = new Map(links.map((link) => [link.index, link]));
    if (wereBeyond > 0 || beyondLimit.length === 0) return undefined;
    return (
      `${beyondLimit.length} network interfaces have no series of their own: ${this.#choice.limit} have, which is the limit. ` +
      `"${SUM}" contains the others. Raise weir.links.limit, or exclude links with weir.links.exclude.`
    );
  }

  /** Another namespace is read from now on. The sum stays. */
  restart(): void {
    this.#before = undefined;
  }

  /**
   * A link that was missing at the last reading has carried everything since. A counter that fell began
   * again.
   */
  #addGrowth(link: LinkState): void {
    this.#sum ??= zeroCounters();
    const isFirst = this.#before === undefined;
    const before = isFirst ? link : this.#before?.get(link.index);
    for (const name of counterNames) {
      const was = before?.[name] ?? 0;
      this.#sum[name] += link[name] >= was ? link[name] - was : link[name];
    }
  }
}

function zeroCounters(): Record<keyof LinkCounters, number> {
  return Object.fromEntries(counterNames.map((name) => [name, 0])) as Record<keyof LinkCounters, number>;
}
