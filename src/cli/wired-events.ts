import { isDeepStrictEqual } from 'node:util';
import type { ClusterEvent, EventSink } from '../flow/index.ts';
import { type Component, describeError, PartLedger } from '../runtime/index.ts';
import type { SinkSettings } from './config/index.ts';
import type { Service } from './service.ts';

/** How long a sink that is replaced or removed may drain. */
const DRAIN_MS = 10_000;

interface Wired {
  readonly settings: SinkSettings;
  readonly sink: EventSink;
}

/**
 * Where events of a cluster go: beside each sink that logs flows, if it wants them. The sinks may change
 * while the process runs.
 */
export class WiredEvents implements Component {
  readonly name = 'event sinks';
  readonly #service: Service;
  /** By the name of the sink: its counters go on when it is made anew. */
  readonly #ledgers = new Map<string, PartLedger>();
  #wired: readonly Wired[];
  /** Whether anybody follows the events. That is decided at the start. */
  readonly #areFollowed: boolean;

  constructor(sinks: readonly SinkSettings[], service: Service) {
    this.#service = service;
    this.#wired = sinks.filter(wantsEvents).map((settings) => this.#make(settings));
    this.#areFollowed = this.#wired.length > 0;
  }

  /** Whether a sink wanted events at the start. */
  get isWanted(): boolean {
    return this.#areFollowed;
  }

  async start(): Promise<void> {
    for (const { sink } of this.#wired) await sink.start();
  }

  async stop(deadlineMs: number): Promise<void> {
    await Promise.all(this.#wired.map(({ sink }) => sink.stop(deadlineMs)));
  }

  write(event: ClusterEvent): void {
    for (const { sink } of this.#wired) sink.write(event);
  }

  /** Makes the sinks those of other settings. What has not changed stays as it is. */
  async change(sinks: readonly SinkSettings[]): Promise<void> {
    const wanted = sinks.filter(wantsEvents);
    if (wanted.length > 0 && !this.#areFollowed)
      this.#service.log.warn(this.name, 'the events of the cluster go to no sink before a restart');
    const isKept = ({ settings }: Wired) => wanted.some((one) => isDeepStrictEqual(one, settings));
    const kept = this.#wired.filter(isKept);
    const gone = this.#wired.filter((one) => !kept.includes(one));
    this.#wired = kept;
    await Promise.all(gone.map(({ sink }) => sink.stop(DRAIN_MS)));
    for (const settings of wanted) {
      if (!kept.some((one) => isDeepStrictEqual(one.settings, settings))) await this.#add(settings);
    }
  }

  async #add(settings: SinkSettings): Promise<void> {
    const wired = this.#make(settings);
    try {
      await wired.sink.start();
      this.#wired = [...this.#wired, wired];
    } catch (error) {
      const { log } = this.#service;
      log.error(wired.sink.name, `events do not go there: ${describeError(error)}`, { sink: settings.name });
    }
  }

  #make(settings: SinkSettings): Wired {
    const { name, kind, values } = settings;
    const { clock, log } = this.#service;
    const ledger = this.#ledgers.get(name) ?? new PartLedger(this.#service.ledger);
    this.#ledgers.set(name, ledger);
    return { settings, sink: kind.events!.make(name, values, { clock, ledger, log }) };
  }
}

/** Who filters flows may show them to people who may not know of the other events. */
const wantsEvents = ({ kind, values, filter }: SinkSettings): boolean =>
  kind.events !== undefined && (kind.events.isWanted(values) ?? Object.keys(filter).length === 0);
