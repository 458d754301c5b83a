import { isDeepStrictEqual } from 'node:util';
import type { ClusterEvent, EventSink } from '../flow/index.ts';
import { type Account, type Component, describeError, PartLedger } from '../runtime/index.ts';
import type { SinkSettings } from './config/index.ts';
import type { Service } from './service.ts';

/** How long a sink that is replaced or removed may drain. */
const DRAIN_MS = 10_000;

/** Events that wait for such a sink: some megabytes. */
const MOST_WAITING = 2_000;

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
  /** Events since the sinks began to change, for those that are made anew. */
  #waiting: ClusterEvent[] | undefined;
  /** Of events that found no room there, or no sink. */
  #lost: Account | undefined;
  #isStopped = false;

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
    this.#isStopped = true;
    await Promise.all(this.#wired.map(({ sink }) => sink.stop(deadlineMs)));
  }

  write(event: ClusterEvent): void {
    for (const { sink } of this.#wired) sink.write(event);
    if (this.#waiting === undefined) return;
    if (this.#waiting.length < MOST_WAITING) this.#waiting.push(event);
    else this.#lose('sinks changed', 1);
  }

  /** Makes the sinks those of other settings. What has not changed stays as it is. */
  async change(sinks: readonly SinkSettings[]): Promise<void> {
    const wanted = sinks.filter(wantsEvents);
    if (wanted.length > 0 && !this.#areFollowed)
      this.#service.log.warn(this.name, 'the events of the cluster go to no sink before a restart');
    const isKept = ({ settings }: Wired) => wanted.some((one) => isDeepStrictEqual(one, settings));
    const kept = this.#wired.filter(isKept);
    const gone = this.#wired.filter((one) => !kept.includes(one));
    const added = wanted.filter((one) => !kept.some(({ settings }) => isDeepStrictEqual(one, settings)));
    this.#wired = kept;
    this.#waiting = added.length > 0 ? [] : undefined;
    try {
      await Promise.all(gone.map(({ sink }) => sink.stop(DRAIN_MS)));
      for (const settings of added) await this.#add(settings);
    } finally {
      this.#waiting = undefined;
    }
  }

  async #add(settings: SinkSettings): Promise<void> {
    if (this.#isStopped) {
      this.#lose('stopped', this.#waiting!.length);
      return;
    }
    const wired = this.#make(settings);
    try {
      await wired.sink.start();
      for (const event of this.#waiting!) wired.sink.write(event);
      this.#wired = [...this.#wired, wired];
      if (this.#isStopped) await wired.sink.stop(0);
    } catch (error) {
      this.#lose('not started', this.#waiting!.length);
      const { log } = this.#service;
      log.error(wired.sink.name, `events do not go there: ${describeError(error)}`, { sink: settings.name });
    }
  }

  /** The account opens with the first lost event. */
  #lose(reason: string, count: number): void {
    if (count === 0) return;
    this.#lost ??= this.#service.ledger.open(this.name, 'events', () => 0);
    this.#lost.received += count;
    this.#lost.drop(reason, count);
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
