import { RepeatedName } from '../../flow/index.ts';
import type { Clock } from '../../runtime/index.ts';
import type { EndpointPort, EndpointSliceObject } from './endpoint-slice-object.ts';
import type { ObjectStore } from './object-store.ts';
import type { PodObject } from './pod-object.ts';
import { servicePortText } from './services.ts';

/** As for Pods. */
const REMEMBERED_MS = 5 * 60_000;

/** One Pod in one slice of a Service. */
interface Membership {
  readonly service: string;
  readonly ports: readonly { readonly port: EndpointPort; readonly text: RepeatedName }[];
  /** Infinite while it lasts. */
  untilMs: number;
}

/**
 * Which headless Service a connection to a Pod may have used. Nothing translates its addresses, so this is
 * inferred from the endpoint alone.
 */
export class HeadlessServices implements ObjectStore<EndpointSliceObject> {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #slices = new Map<string, EndpointSliceObject>();
  /** By the UID of the Pod, then of the slice. */
  readonly #byPod = new Map<string, Map<string, Membership>>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** Slices of headless Services. */
  get size(): number {
    return this.#slices.size;
  }

  /**
   * The Service of a Pod's port. Of several, it is the one that gives the Pod its DNS name, else the first by
   * name.
   */
  find(
    { uid, subdomain }: PodObject,
    protocol: number,
    port: number,
    timeMs: number,
  ): RepeatedName | undefined {
    const memberships = this.#byPod.get(uid);
    if (memberships === undefined) return undefined;
    let found: RepeatedName | undefined;
    for (const { service, ports, untilMs } of memberships.values()) {
      if (timeMs >= untilMs) continue;
      const match = ports.find(
        ({ port: own }) => own.protocol === protocol && (own.port === port || own.port === 0),
      );
      if (match === undefined) continue;
      if (service === subdomain.text) return match.text;
      if (found === undefined || match.text.text < found.text) found = match.text;
    }
    return found;
  }

  uids(): Iterable<string> {
    return this.#slices.keys();
  }

  upsert(slice: EndpointSliceObject): void {
    const before = this.#slices.get(slice.uid);
    if (before !== undefined) this.#end(before, new Set(slice.podUids));
    this.#slices.set(slice.uid, slice);
    const ports = slice.ports.map((port) => ({
      port,
      text: new RepeatedName(servicePortText(slice.namespace, slice.service, port.name)),
    }));
    const { service } = slice;
    for (const podUid of slice.podUids) {
      const memberships = this.#byPod.get(podUid) ?? new Map<string, Membership>();
      memberships.set(slice.uid, { service, ports, untilMs: Number.POSITIVE_INFINITY });
      this.#byPod.set(podUid, memberships);
    }
  }

  remove(uid: string): void {
    const slice = this.#slices.get(uid);
    if (slice === undefined) return;
    this.#end(slice, new Set());
    this.#slices.delete(uid);
  }

  /** Call now and then: only this forgets who was an endpoint. */
  forget(): void {
    const since = this.#clock.now() - REMEMBERED_MS;
    for (const [podUid, memberships] of this.#byPod) {
      for (const [slice, { untilMs }] of memberships) if (untilMs <= since) memberships.delete(slice);
      if (memberships.size === 0) this.#byPod.delete(podUid);
    }
  }

  /** Ends the slice's memberships, except of these Pods. */
  #end(slice: EndpointSliceObject, others: ReadonlySet<string>): void {
    const now = this.#clock.now();
    for (const podUid of slice.podUids) {
      if (others.has(podUid)) continue;
      const membership = this.#byPod.get(podUid)?.get(slice.uid);
      if (membership !== undefined) membership.untilMs = Math.min(membership.untilMs, now);
    }
  }
}
