import { isDeepStrictEqual } from 'node:util';
import type { FanOut, SinkOptions } from '../aggregator/index.ts';
import { conditionOfWords, FlowFilter } from '../flow/index.ts';
import { describeError, PartLedger } from '../runtime/index.ts';
import type { SinkSettings } from './config/index.ts';
import type { Service } from './service.ts';

/** How long a sink that is replaced or removed may drain. */
const DRAIN_MS = 10_000;

/** The sinks of a configuration, which may change while the process runs. */
export class WiredSinks {
  readonly #service: Service;
  readonly #isProxy: boolean;
  /** By the name of the sink: its counters go on when it is made anew. */
  readonly #ledgers = new Map<string, PartLedger>();
  #settings: readonly SinkSettings[];

  /** @param isProxy whether the records are those of single nodes */
  constructor(settings: readonly SinkSettings[], service: Service, isProxy = false) {
    this.#settings = settings;
    this.#isProxy = isProxy;
    this.#service = service;
  }

  get settings(): readonly SinkSettings[] {
    return this.#settings;
  }

  /** For the start of the fan-out. */
  get options(): SinkOptions[] {
    return this.#settings.map((settings) => this.#make(settings));
  }

  /**
   * Makes the fan-out's sinks those of other settings: stops and starts what has changed, and leaves the
   * others alone. A sink that does not start stays as it was. /
   */
  async change(fanOut: FanOut, next: readonly SinkSettings[]): Promise<void> {
    const earlier = new Map(this.#settings.map((one) => [one.name, one]));
    const kept: SinkSettings[] = [];
    const names = new Set(next.map(({ name }) => name));
    // Those that leave first: another may write to the same file.
    for (const name of earlier.keys()) if (!names.has(name)) await fanOut.remove(name, DRAIN_MS);
    for (const settings of next) {
      const before = earlier.get(settings.name);
      const fault =
        before === undefined
          ? await this.#add(fanOut, settings)
          : isDeepStrictEqual(before, settings)
            ? undefined
            : await this.#replace(fanOut, settings, before);
      if (fault === undefined) kept.push(settings);
      else if (before !== undefined) kept.push(before);
      if (fault !== undefined) this.#tell(settings, fault);
    }
    this.#settings = kept;
  }

  async #add(fanOut: FanOut, settings: SinkSettings): Promise<string | undefined> {
    try {
      await fanOut.add(() => this.#make(settings));
      return undefined;
    } catch (error) {
      return describeError(error);
    }
  }

  #replace(fanOut: FanOut, settings: SinkSettings, before: SinkSettings): Promise<string | undefined> {
    const makers = [settings, before].map((one) => () => this.#make(one));
    return fanOut.replace(settings.name, makers, DRAIN_MS);
  }

  #make({ name, kind, values, filter, queueRecords }: SinkSettings): SinkOptions {
    const { clock, log } = this.#service;
    const ledger = this.#ledgers.get(name) ?? new PartLedger(this.#service.ledger);
    this.#ledgers.set(name, ledger);
    return {
      sink: kind.make(name, values, { clock, ledger, log, queueRecords, isProxy: this.#isProxy }),
      filter: new FlowFilter(conditionOfWords(filter)),
      ...(queueRecords !== undefined && { queueRecords }),
    };
  }

  #tell({ name }: SinkSettings, fault: string): void {
    this.#service.log.error(name, `its new options are not applied: ${fault}`, { sink: name });
  }
}
