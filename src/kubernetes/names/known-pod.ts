import type { RepeatedName } from '../../flow/index.ts';
import type { KnownNode } from './known-node.ts';
import { noName } from './name-pool.ts';
import type { PodObject } from './pod-object.ts';
import type { TimedOwner } from './timed-index.ts';

/** A Pod with what its earlier states showed. */
export class KnownPod implements TimedOwner {
  object: PodObject;
  /** Undefined as long as it has no node. */
  node: KnownNode | undefined;
  /** Its open entry of each address of `object`. */
  entries: readonly number[] = [];
  /** Its open entry of each of the host ports of `object`. */
  portEntries: readonly number[] = [];
  /** It is finished or deleted. */
  hasEnded = false;
  /** The workload as of `workloadVersion`. */
  workloadKind: RepeatedName = noName;
  workloadName: RepeatedName = noName;
  workloadVersion = -1;
  /** It was ready from here on; NaN if never. A short time in between does not count. */
  #readyFromMs = Number.NaN;
  #readyUntilMs: number | undefined;

  constructor(object: PodObject) {
    this.object = object;
    this.#noteReadiness();
  }

  /** Takes over a later state of the same Pod. */
  update(object: PodObject): void {
    this.object = object;
    this.#noteReadiness();
  }

  /** It has not been ready since then. */
  endReadiness(timeMs: number): void {
    if (this.#readyUntilMs === undefined || timeMs < this.#readyUntilMs) this.#readyUntilMs = timeMs;
  }

  /** Whether it was ready at the time or before. */
  hasBeenReady(timeMs: number): boolean {
    return this.#readyFromMs <= timeMs;
  }

  /**
   * A Pod that was ready surely had its address. One that was not yet ready may not have had it, unless the
   * time when its network was ready is known.
   */
  sureness(timeMs: number): number {
    if (this.hasBeenReady(timeMs))
      return this.#readyUntilMs === undefined || timeMs < this.#readyUntilMs ? 3 : 2;
    return this.object.isStartExact ? 2 : 1;
  }

  #noteReadiness(): void {
    const { isReady, readinessMs, terminatingMs } = this.object;
    if (isReady) {
      if (Number.isNaN(this.#readyFromMs)) this.#readyFromMs = readinessMs;
      this.#readyUntilMs = undefined;
    } else if (!Number.isNaN(readinessMs)) this.endReadiness(readinessMs);
    if (terminatingMs !== undefined) this.endReadiness(terminatingMs);
  }
}
