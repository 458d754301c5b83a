import type { Clock } from './clock.ts';

export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Events of one kind that are written out in a minute; the rest is counted and summed up. */
const EVENTS_A_MINUTE = 5;
const MINUTE_MS = 60_000;

/**
 * One line an event on standard error: time, level, component, text. Events that outside input can
 * repeat at will go through `limited`, which writes the first few of a minute and then says how many
 * more there were.
 */
export class Log {
  level: LogLevel;
  readonly #clock: Clock;
  readonly #write: (line: string) => void;
  readonly #counts = new Map<string, { since: number; seen: number }>();

  constructor(clock: Clock, write: (line: string) => void, level: LogLevel = 'info') {
    this.#clock = clock;
    this.#write = write;
    this.level = level;
  }

  error(component: string, text: string): void {
    this.#line('error', component, text);
  }

  warn(component: string, text: string): void {
    this.#line('warn', component, text);
  }

  info(component: string, text: string): void {
    this.#line('info', component, text);
  }

  debug(component: string, text: string): void {
    this.#line('debug', component, text);
  }

  /** A warning of a kind that can come in floods. `kind` is from a bounded set. */
  limited(component: string, kind: string, text: string): void {
    const key = `${component} ${kind}`;
    const now = this.#clock.now();
    let count = this.#counts.get(key);
    if (count === undefined || now - count.since >= MINUTE_MS) {
      if (count !== undefined && count.seen > EVENTS_A_MINUTE) {
        this.warn(component, `${kind}: ${count.seen - EVENTS_A_MINUTE} more like this were not written out`);
      }
      count = { since: now, seen: 0 };
      this.#counts.set(key, count);
    }
    if (++count.seen <= EVENTS_A_MINUTE) this.warn(component, text);
  }

  #line(level: LogLevel, component: string, text: string): void {
    if (logLevels.indexOf(level) > logLevels.indexOf(this.level)) return;
    this.#write(`${new Date(this.#clock.now()).toISOString()} ${level.padEnd(5)} ${component}: ${text}`);
  }
}
