import { isDeepStrictEqual } from 'node:util';
import { type ClusterEvent, type EventKind, type KeptEvent, keptEventOf } from '../flow/index.ts';
import type { Passage, PassingExporter } from '../ipfix/index.ts';
import { type Component, describeError } from '../runtime/index.ts';
import { AbsenceLog, type EventBounds, EventStore, readEvents } from '../store/index.ts';
import { LossWatch } from './loss-watch.ts';
import { lossEvent, passageEvent, refusalEvent, settingsEvent, startEvent, stopEvent } from './own-events.ts';
import type { Service } from './service.ts';

/**
 * Events of a process beside its history: those of the cluster, those that others tell, and its own. Beside
 * them, when no exporter was there. Without a history it takes none. It waits for one that is still to start.
 */
export class EventHistory implements Component {
  readonly name = 'event history';
  readonly #service: Service;
  readonly #component: string;
  readonly #losses: LossWatch;
  readonly #absences: AbsenceLog;
  /** Made for the first event, so that a process without a history has no account of events. */
  #store: EventStore | undefined;
  readonly #first: EventBounds | undefined;
  #isKept: boolean;
  #bounds: EventBounds | undefined;
  #startMs: number | undefined;
  #stopListening = () => {};

  /**
   * @param component the command that runs: "up"
   * @param first where the history is at the start; "later" if `keepIn` will tell; undefined for none
   */
  constructor(component: string, service: Service, first: EventBounds | 'later' | undefined) {
    const { clock, ledger } = service;
    this.#component = component;
    this.#service = service;
    this.#first = first === 'later' ? undefined : first;
    this.#isKept = first !== undefined;
    this.#losses = new LossWatch({
      ...{ clock, ledger },
      tell: (loss) => this.keep(lossEvent(loss, clock.now())),
    });
    this.#absences = new AbsenceLog({
      clock,
      onTrouble: (text) => service.log.limited(this.name, 'absences', text),
    });
  }

  /** Whether events are kept, or will be. */
  get isKept(): boolean {
    return this.#isKept;
  }

  async start(): Promise<void> {
    this.#startMs = this.#service.clock.now();
    if (this.#first !== undefined) await this.keepIn(this.#first);
    await this.#losses.start();
    this.#stopListening = this.#service.log.listen((entry) => {
      const refusal = refusalEvent(this.#component, entry);
      if (refusal !== undefined) this.keep(refusal);
    });
  }

  async stop(): Promise<void> {
    this.#stopListening();
    await this.#losses.stop();
    await this.#absences.close();
    // A stop is kept only if its start was.
    if (this.#startMs === undefined) this.keep(stopEvent(this.#component, this.#service.clock.now()));
    await this.#store?.close();
  }

  keep(event: KeptEvent): void {
    if (this.#isKept) this.#makeStore().write(event);
  }

  keepOfCluster(event: ClusterEvent): void {
    this.keep(keptEventOf(event, kindOf(event), this.#service.clock.now()));
  }

  keepPassage(change: Passage, exporter: PassingExporter): void {
    if (change === 'came') this.#absences.come();
    else this.#absences.go(exporter.presentUntilMs);
    this.keep(passageEvent(change, exporter, this.#service.clock.now()));
  }

  keepSettings(keys: readonly string[]): void {
    this.keep(settingsEvent(this.#component, this.#service.clock.now(), keys));
  }

  /** Keeps events beside this history from now on; undefined: beside none. */
  async keepIn(bounds: EventBounds | undefined): Promise<void> {
    if (this.#isKept && bounds !== undefined && isDeepStrictEqual(bounds, this.#bounds)) return;
    this.#bounds = bounds;
    this.#isKept = bounds !== undefined;
    if (bounds === undefined) {
      await this.#absences.close();
      return await this.#store?.close();
    }
    const store = this.#makeStore();
    try {
      await store.open(bounds);
      await this.#absences.open(bounds.directory);
      await this.#keepStart(bounds.directory);
    } catch (error) {
      this.#isKept = false;
      await store.close();
      this.#service.log.warn(this.name, `events are not kept: ${describeError(error)}`);
    }
  }

  #makeStore(): EventStore {
    this.#store ??= new EventStore(this.name, this.#service);
    return this.#store;
  }

  /** The first history has the start of this process. */
  async #keepStart(directory: string): Promise<void> {
    const startMs = this.#startMs;
    if (startMs === undefined) return;
    this.#startMs = undefined;
    const wanted = { sinceMs: 0, untilMs: startMs, kinds: ['process'] as const, most: 1 };
    const { events } = await readEvents(directory, wanted);
    this.keep(startEvent(this.#component, startMs, events.at(-1)));
  }
}

const rollOuts = ['Scaled', 'RolloutStarted', 'RolloutComplete', 'RolloutFailed'];

const kindOf = ({ reason }: ClusterEvent): EventKind =>
  rollOuts.includes(reason) ? 'rollout' : 'kubernetes';
