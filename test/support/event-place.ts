import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EventsAnswer, KeptEvent } from '../../src/flow/index.ts';
import { Ledger, Log } from '../../src/runtime/index.ts';
import { type EventBounds, EventStore, type EventsWanted, readEvents } from '../../src/store/index.ts';
import { FakeClock } from './fake-clock.ts';
import { TemporaryDirectory } from './temporary-directory.ts';

/** A directory with events, on a clock that the test sets. */
export class EventPlace implements Disposable {
  readonly #place = new TemporaryDirectory();
  readonly clock = new FakeClock(Date.now());
  readonly lines: string[] = [];
  readonly ledger = new Ledger();
  readonly directory: string;

  constructor(directory?: string) {
    this.directory = directory ?? this.#place.file('history');
    mkdirSync(this.directory, { recursive: true });
  }

  get folder(): string {
    return join(this.directory, 'events');
  }

  newStore(): EventStore {
    const log = new Log(this.clock, (line) => this.lines.push(line));
    return new EventStore('event history', { clock: this.clock, ledger: this.ledger, log });
  }

  async open(bounds: Partial<EventBounds> = {}): Promise<EventStore> {
    const store = this.newStore();
    await store.open({ directory: this.directory, maxOctets: 1e8, maxAgeMs: 1e11, ...bounds });
    return store;
  }

  /** Keeps events, and lets go of the directory. */
  async keep(events: readonly KeptEvent[], bounds: Partial<EventBounds> = {}): Promise<EventStore> {
    const store = await this.open(bounds);
    for (const event of events) store.write(event);
    await store.close();
    return store;
  }

  read(wanted: Partial<EventsWanted> = {}): Promise<EventsAnswer> {
    return readEvents(this.directory, { sinceMs: 0, untilMs: 9e14, most: 1_000_000, ...wanted });
  }

  [Symbol.dispose](): void {
    this.#place[Symbol.dispose]();
  }
}

/** Keeps events beside a history. */
export async function keepEvents(directory: string, events: readonly KeptEvent[]): Promise<void> {
  using place = new EventPlace(directory);
  await place.keep(events);
}
