import type { FlowBatch } from '../flow/index.ts';
import type { Clock, Component, Ledger, Log } from '../runtime/index.ts';
import { describeError, PartLedger, withDeadline } from '../runtime/index.ts';
import type { BatchOutlet } from './batch-outlet.ts';
import { SinkLane, type SinkOptions, type SinkState } from './sink-lane.ts';

/**
 * Full batches kept for refilling, each of half a megabyte: as many as usually wait for a sink that is
 * behind. To make another takes this thread six times as long as to refill one, since the system clears it.
 */
const MOST_SPARE = 64;

/**
 * Passes each batch to every sink, and isolates the sinks. Each has its own queue and account, so that a slow
 * or failing one harms only itself. Starts and stops its sinks.
 */
export class FanOut implements BatchOutlet, Component {
  readonly name = 'fan-out';
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #ledger: Ledger;
  #lanes: readonly SinkLane[];
  #isStopped = false;
  /** Batches in use by sinks, with the number of these. */
  readonly #holders = new Map<FlowBatch, number>();
  readonly #spare: FlowBatch[] = [];

  constructor(clock: Clock, ledger: Ledger, log: Log, sinks: readonly SinkOptions[]) {
    this.#clock = clock;
    this.#log = log;
    this.#ledger = new PartLedger(ledger);
    this.#lanes = sinks.map((options) => this.#laneTo(options));
  }

  get readings(): SinkState[] {
    return this.#lanes.map(({ reading }) => reading);
  }

  /** Starts the sinks one after the other. When one fails, those before it are stopped again. */
  async start(): Promise<void> {
    const started: SinkLane[] = [];
    for (const lane of this.#lanes) {
      try {
        await lane.sink.start();
      } catch (error) {
        await Promise.all(started.map(({ sink }) => this.#stop(sink, 1_000)));
        throw error;
      }
      started.push(lane);
    }
  }

  write(batch: FlowBatch): void {
    let holders = 0;
    for (const lane of this.#lanes) if (lane.offer(batch)) holders++;
    if (holders > 0) this.#holders.set(batch, holders);
    else this.#keep(batch);
  }

  spare(): FlowBatch | undefined {
    return this.#spare.pop();
  }

  hasRoomFor(records: number): boolean {
    return this.#lanes.every((lane) => lane.hasRoomFor(records));
  }

  async room(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.room()));
  }

  /** Lets each sink take its queue, and stops it. What is left at the deadline is dropped and counted. */
  async stop(deadlineMs: number): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#lanes.map((lane) => this.#end(lane, deadlineMs)));
  }

  /** Starts a further sink. @throws why it does not start */
  async add(make: () => SinkOptions): Promise<void> {
    if (this.#isStopped) throw new Error('the process stops');
    const options = make();
    await options.sink.start();
    if (this.#isStopped) {
      await this.#stop(options.sink, 0);
      throw new Error('the process stops');
    }
    this.#lanes = [...this.#lanes, this.#laneTo(options)];
  }

  /** A sink gets no further records. It may take what waits for it, within the deadline, and is stopped. */
  async remove(name: string, deadlineMs: number): Promise<void> {
    const lane = this.#laneOf(name);
    this.#lanes = this.#lanes.filter((other) => other !== lane);
    await this.#end(lane, deadlineMs);
  }

  /**
   * Stops a sink and starts another in its place, while its records wait.
   * @param makers as of `SinkLane.replace`
   * @returns why the new one did not start; undefined when it did
   */
  replace(
    name: string,
    makers: readonly (() => SinkOptions)[],
    deadlineMs: number,
  ): Promise<string | undefined> {
    return this.#laneOf(name).replace(makers, (sink) => this.#stop(sink, deadlineMs));
  }

  #laneTo(options: SinkOptions): SinkLane {
    return new SinkLane(options, this.#clock, this.#ledger, this.#log, (batch) => this.#release(batch));
  }

  #laneOf(name: string): SinkLane {
    const lane = this.#lanes.find(({ sink }) => sink.name === name);
    if (lane === undefined) throw new Error(`no sink ${name}`);
    return lane;
  }

  async #end(lane: SinkLane, deadlineMs: number): Promise<void> {
    const end = this.#clock.monotonic() + deadlineMs;
    await withDeadline(this.#clock, lane.drained(), deadlineMs).catch(() => {});
    lane.close();
    await this.#stop(lane.sink, Math.max(0, end - this.#clock.monotonic()));
  }

  #release(batch: FlowBatch): void {
    const holders = this.#holders.get(batch);
    if (holders === undefined) return; // a lane's own selection of records
    if (holders > 1) this.#holders.set(batch, holders - 1);
    else {
      this.#holders.delete(batch);
      this.#keep(batch);
    }
  }

  #keep(batch: FlowBatch): void {
    if (batch.isFull && this.#spare.length < MOST_SPARE) this.#spare.push(batch);
  }

  async #stop(sink: SinkLane['sink'], deadlineMs: number): Promise<void> {
    try {
      await sink.stop(deadlineMs);
    } catch (error) {
      this.#log.error(sink.name, `did not stop cleanly: ${describeError(error)}`, { sink: sink.name });
    }
  }
}
