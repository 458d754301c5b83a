import type { Account, Clock, Log } from '../../runtime/index.ts';
import { dateOf } from './push-answer.ts';
import type { PushClient } from './push-client.ts';
import type { RecentLines } from './recent-lines.ts';
import { droppedSince, readServerMetrics, type ServerMetrics } from './server-metrics.ts';
import { PERHAPS_LOST } from './unsaid-losses.ts';

export interface ServerWatchParts {
  readonly client: Pick<PushClient, 'metrics' | 'server'>;
  readonly account: Account;
  readonly clock: Clock;
  readonly log: Log;
  readonly acknowledged: RecentLines;
}

/** How exactly the start of the server is known. */
const START_MS = 1_000;

/**
 * Notes losses of a server that does not report all of them, by its metrics: restarts between two pushes, and
 * rows that it has dropped.
 */
export class ServerWatch {
  readonly #name: string;
  readonly #parts: ServerWatchParts;
  #last: ServerMetrics | undefined;
  #isTold = false;

  constructor(name: string, parts: ServerWatchParts) {
    this.#name = name;
    this.#parts = parts;
  }

  async look(signal: AbortSignal): Promise<void> {
    const { client, account, log } = this.#parts;
    if (client.server?.unsaid === undefined) return;
    const answer = await client.metrics(signal);
    if (answer !== undefined && 'error' in answer) return; // the server is away, as pushes find out as well
    const metrics = answer?.status === 200 ? readServerMetrics(answer.body) : undefined;
    if (metrics === undefined) return this.#tellUnwatched();
    const last = this.#last;
    this.#last = metrics;
    if (last === undefined) return;
    for (const [reason, rows] of droppedSince(metrics, last))
      account.note(`dropped by the server, of all who push: ${reason}`, rows);
    if (metrics.startedMs === last.startedMs) return;
    const lines = this.#acknowledgedBefore(
      metrics.startedMs,
      dateOf(answer!),
      client.server.unsaid.inMemoryMs,
    );
    if (lines > 0) account.note(PERHAPS_LOST, lines);
    log.limited(this.#name, 'restarted', `the server restarted; perhaps lost: ${lines} lines`);
  }

  /**
   * Lines that may not have been on disk at the end of the server, by its next start on its own clock.
   */
  #acknowledgedBefore(startedMs: number, dateMs: number | undefined, inMemoryMs: number): number {
    const { clock, acknowledged } = this.#parts;
    const agoMs = (dateMs ?? clock.now()) - startedMs;
    return acknowledged.take(clock.monotonic() - agoMs + START_MS, inMemoryMs);
  }

  #tellUnwatched(): void {
    if (this.#isTold) return;
    this.#isTold = true;
    const what = 'Weir cannot see rows that it drops, nor a crash between two pushes';
    this.#parts.log.info(this.#name, `no metrics of VictoriaLogs below its url: ${what}`);
  }
}
