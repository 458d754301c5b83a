import type { Clock } from '../../runtime/index.ts';
import type { ReflectorHandler } from '../client/index.ts';
import { StoreFeeder } from '../names/index.ts';
import type { EventObject } from './event-object.ts';

export interface EventTaker {
  /** @param isListed it comes from a list, so it need not be new */
  take(event: EventObject, isListed: boolean): void;
  /** The API server has forgotten it. */
  forget(uid: string): void;
  /** Events that are remembered, by UID. */
  remembered(): Iterable<string>;
}

interface Arrival {
  readonly uid: string;
  readonly event: EventObject;
  readonly isListed: boolean;
}

/** Passes Events on, those of a list over several turns of the event loop. */
export class EventFeeder implements ReflectorHandler<EventObject> {
  readonly #feeder: StoreFeeder<Arrival>;

  constructor(taker: EventTaker, clock: Pick<Clock, 'after'>) {
    const store = {
      size: 0,
      uids: () => taker.remembered(),
      upsert: ({ event, isListed }: Arrival) => taker.take(event, isListed),
      remove: (uid: string) => taker.forget(uid),
      forget: () => {},
    };
    this.#feeder = new StoreFeeder(store, clock);
  }

  replace(events: Iterable<EventObject>): void {
    this.#feeder.replace(listedArrivals(events));
  }

  upsert(event: EventObject): void {
    this.#feeder.upsert({ uid: event.uid, event, isListed: false });
  }

  remove(event: EventObject): void {
    this.#feeder.remove({ uid: event.uid, event, isListed: false });
  }

  stop(): void {
    this.#feeder.stop();
  }
}

function* listedArrivals(events: Iterable<EventObject>): Generator<Arrival> {
  for (const event of events) yield { uid: event.uid, event, isListed: true };
}
