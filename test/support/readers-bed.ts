import fc from 'fast-check';
import { expect } from 'vitest';
import { passedRoutes } from '../../src/cli/passed-routes.ts';
import { LastingServer, parseServerAddress } from '../../src/cli/server/index.ts';
import { batchOf, type FlowRecord, fieldNames, fieldOf, type KeptEvent } from '../../src/flow/index.ts';
import { GuardedServer } from '../api/guarded-server.ts';
import { ConsoleServer } from './console-server.ts';
import { keepEvents } from './event-place.ts';
import { HistoryPlace } from './kept-history.ts';
import {
  anyMadeFlow,
  type FlowReaderRights,
  type MadeFlow,
  madeNamespaces,
  recordOf,
  shownOf,
} from './made-ends.ts';
import { madeEvent } from './made-event.ts';
import type { KeptRecord } from './naive-totals.ts';

const rights = {
  amber: { readable: ['ns-amber'], identified: [] },
  birch: { readable: ['ns-birch'], identified: ['ns-amber', 'ns-cedar'] },
  cedar: { readable: ['ns-cedar', 'ns-amber-2'], identified: ['*'] },
  admin: { readable: ['*'], identified: [] },
  nobody: { readable: [], identified: ['ns-amber'] },
} as const satisfies Record<string, FlowReaderRights>;

export type ReaderName = keyof typeof rights;
export const readerNames = Object.keys(rights) as ReaderName[];

/** Where somebody asks: the API itself, or a console that asks it in his name. */
export const doors = ['api', 'console'] as const;
export interface Visit {
  readonly reader: ReaderName;
  readonly door: (typeof doors)[number];
}

const FLOWS = 160;
/** Counts from here on are of one flow each. */
const LEAST_TELLING = 10 ** 11;

/**
 * Flows in the window, the table and the history of an aggregator, events beside them, and readers with
 * different rights. It knows by itself who may see what.
 */
export class ReadersBed implements AsyncDisposable {
  readonly server = new GuardedServer();
  readonly flows: readonly MadeFlow[] = fc.sample(anyMadeFlow, { numRuns: FLOWS, seed: FLOWS });
  readonly #place = new HistoryPlace();
  readonly #consoles = new Map<ReaderName, ConsoleServer>();
  /** When each flow was stored. */
  readonly #storedMs: number[] = [];
  readonly #events: readonly KeptEvent[];
  readonly #secrets: ReadonlyMap<ReaderName, readonly string[]>;

  constructor() {
    this.#events = [...madeNamespaces, ...madeNamespaces, undefined].map((namespace, number) => {
      const word = `${namespace?.slice(3) ?? 'cluster'}-${number}`;
      return madeEvent({
        time: new Date(this.server.clock.now() + number * 60_000).toISOString(),
        reason: number % 2 === 0 ? 'BackOff' : 'OOMKilled',
        objectName: `pod-${word}`,
        names: namespace === undefined ? {} : { sourcePodNamespace: namespace },
        message: `happened-${word}`,
      });
    });
    this.#secrets = new Map(readerNames.map((reader) => [reader, this.#secretsFrom(reader)]));
  }

  async start(): Promise<this> {
    const { server, flows } = this;
    const { clock } = server;
    await server.start();
    for (const reader of readerNames) {
      const { readable, identified } = rights[reader];
      const grants = ['list', 'watch'].flatMap((verb) => [
        ...readable.map((name) => `${verb} flows ${name}`),
        ...identified.map((name) => `${verb} flows/identity ${name}`),
      ]);
      server.know(reader, ...grants);
      const named = { address: parseServerAddress(server.server.url), token: `token-of-${reader}` };
      const routes = passedRoutes(new LastingServer(async () => named, clock));
      this.#consoles.set(reader, await new ConsoleServer({ routes }).start());
    }
    await using history = await this.#place.open({}, clock);
    for (const [number, flow] of flows.entries()) {
      this.#storedMs.push(clock.now());
      await history.append(batchOf([{ ...recordOf(flow), flowEndMilliseconds: clock.now() }]));
      if (number % 40 === 39) await history.flush();
      clock.advance(number < 120 ? 61_000 : 1_000);
    }
    await keepEvents(this.#place.directory, this.#events);
    server.recent.write(batchOf(flows.map(recordOf)));
    server.table = flows.map(recordOf);
    server.directory = this.#place.directory;
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of this.#consoles.values()) await each[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
    this.#place[Symbol.dispose]();
  }

  rightsOf(reader: ReaderName): FlowReaderRights {
    return rights[reader];
  }

  /** The records that somebody sees, and when each was stored. */
  shownTo(reader: ReaderName, flows = this.flows): KeptRecord[] {
    return flows.flatMap((flow, number) => {
      const record = shownOf(flow, rights[reader]);
      if (record === undefined) return [];
      return [{ record: batchOf([record]).at(0), timeMs: this.#storedMs[number] ?? 0 }];
    });
  }

  eventsShownTo(reader: ReaderName): KeptEvent[] {
    const readable: readonly string[] = rights[reader].readable;
    return this.#events.filter(({ names: { sourcePodNamespace: namespace = '*' } }) =>
      [namespace, '*'].some((name) => readable.includes(name)),
    );
  }

  /** Each text and each count of flows and events that somebody sees nowhere. */
  secretsFrom(reader: ReaderName): readonly string[] {
    return this.#secrets.get(reader)!;
  }

  /** The URL and the token of a reader at a door. */
  entrance({ reader, door }: Visit): { readonly url: string; readonly headers: Record<string, string> } {
    const visited = this.#consoles.get(reader)!;
    const [url, token] =
      door === 'api' ? [this.server.server.url, `token-of-${reader}`] : [visited.url, visited.token];
    return { url, headers: { authorization: `Bearer ${token}` } };
  }

  /** Asks as a reader. The answer has no secret that the question does not have itself. */
  async ask(visit: Visit, path: string, body?: string): Promise<{ status: number; text: string }> {
    const { url, headers } = this.entrance(visit);
    const method = body === undefined ? 'GET' : 'POST';
    const response = await fetch(url + path, { method, headers, ...(body !== undefined && { body }) });
    const text = await response.text();
    const question = `${decodeURIComponent(path.replaceAll('+', ' '))} ${body ?? ''}`;
    const told = `${JSON.stringify([...response.headers])} ${text}`;
    const leaked = this.secretsFrom(visit.reader).filter(
      (secret) => hasWord(told, secret) && !question.includes(secret),
    );
    expect(leaked, `${visit.reader} ${visit.door} ${path} ${body}`).toEqual([]);
    return { status: response.status, text };
  }

  #secretsFrom(reader: ReaderName): string[] {
    const seen = new Set(this.shownTo(reader).flatMap(({ record }) => marksIn(record)));
    const seenEvents = this.eventsShownTo(reader);
    return [
      ...new Set(this.flows.flatMap((flow) => marksIn(recordOf(flow))).filter((mark) => !seen.has(mark))),
      ...this.#events.filter((event) => !seenEvents.includes(event)).map(({ message }) => message),
    ];
  }
}

/** Names, addresses, and counts that no other flow has. */
const marksIn = (record: FlowRecord): string[] =>
  fieldNames.flatMap((name) => {
    const value = record[name];
    const isText = ['address', 'string'].includes(fieldOf(name).storage);
    return value !== undefined && (isText || Number(value) >= LEAST_TELLING) ? [String(value)] : [];
  });

/** Whether a text has a word, not as a part of a longer one. */
function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
    const around = (text[at - 1] ?? ' ') + (text[at + word.length] ?? ' ');
    if (!/[\w.:-]/.test(around)) return true;
  }
  return false;
}
