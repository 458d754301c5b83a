import type { Clock } from './clock.ts';
import { choiceOption } from './options/index.ts';
import { printableText } from './printable.ts';

export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

export const logLevelOption = choiceOption(logLevels, {
  description: 'lowest level to log',
  default: 'info',
});

/**
 * What an entry is about, by name: numbers, and the ids that link it to flows. Undefined values are left out.
 */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** What a running process may be given anew, and not take: it goes on with what it had. */
export type Refused = 'configuration' | 'certificates' | 'credentials';

/** One event, as listeners get it. */
export interface LogEntry {
  /** Milliseconds since 1970, with a fraction. */
  readonly timeMs: number;
  readonly level: LogLevel;
  readonly component: string;
  readonly text: string;
  readonly fields: LogFields;
}

export type LogListener = (entry: LogEntry) => void;

/** What `describeError` puts before a remedy; a terminal shows the remedy on a line of its own. */
const remedyBreak = '\n  ';

/** Events of one kind that are written each minute; the rest is counted and reported as one line. */
const EVENTS_A_MINUTE = 5;
const MINUTE_MS = 60_000;

/**
 * Writes one line an event to standard error: time, level, component, text, and those fields whose values the
 * text lacks. Texts quote what others sent, so the line is made printable. Listeners get the entry as an
 * object, unchanged. Events that outside input can repeat at will go through `limited`. It writes the first
 * few of each minute and then how many more there were.
 */
export class Log {
  level: LogLevel;
  readonly #clock: Clock;
  readonly #write: (line: string) => void;
  readonly #listeners = new Set<LogListener>();
  readonly #counts = new Map<string, { since: number; seen: number }>();

  constructor(clock: Clock, write: (line: string) => void, level: LogLevel = logLevelOption.default) {
    this.#clock = clock;
    this.#write = write;
    this.level = level;
  }

  error(component: string, text: string, fields?: LogFields): void {
    this.#tell('error', component, text, fields);
  }

  /** An error that listeners know by the field `refused`. */
  refuse(component: string, refused: Refused, text: string): void {
    this.error(component, text, { refused });
  }

  warn(component: string, text: string, fields?: LogFields): void {
    this.#tell('warn', component, text, fields);
  }

  info(component: string, text: string, fields?: LogFields): void {
    this.#tell('info', component, text, fields);
  }

  debug(component: string, text: string, fields?: LogFields): void {
    this.#tell('debug', component, text, fields);
  }

  /**
   * A warning of a kind that outside input can repeat. `kind` comes from a bounded set; listeners get it as a
   * field.
   * @param text or a function that makes it, which runs only for the events that are written
   */
  limited(component: string, kind: string, text: string | (() => string), fields?: LogFields): void {
    const key = `${component} ${kind}`;
    const now = this.#clock.monotonic();
    let count = this.#counts.get(key);
    if (count === undefined || now - count.since >= MINUTE_MS) {
      if (count !== undefined && count.seen > EVENTS_A_MINUTE) {
        const unwritten = count.seen - EVENTS_A_MINUTE;
        this.warn(component, `${kind}: ${unwritten} more like this were suppressed`, {
          kind,
          unwritten,
        });
      }
      count = { since: now, seen: 0 };
      this.#counts.set(key, count);
    }
    if (++count.seen > EVENTS_A_MINUTE) return;
    this.#tell('warn', component, typeof text === 'string' ? text : text(), fields, kind);
  }

  /**
   * Passes each entry of the current level or above to the listener, which must not throw. Returns a function
   * that ends it.
   */
  listen(listener: LogListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(level: LogLevel, component: string, text: string, fields: LogFields = {}, kind?: string): void {
    if (logLevels.indexOf(level) > logLevels.indexOf(this.level)) return;
    const timeMs = this.#clock.now();
    const said = `${component}: ${text}`;
    const line = `${new Date(timeMs).toISOString()} ${level.padEnd(5)} ${said}${missingFieldsText(fields, said)}`;
    this.#write(printableText(line.replaceAll(remedyBreak, '. ')));
    if (this.#listeners.size === 0) return;
    const entry = {
      timeMs,
      level,
      component,
      text,
      fields: kind === undefined ? fields : { kind, ...fields },
    };
    for (const listener of this.#listeners) listener(entry);
  }
}

/** The fields whose values the text lacks, as " (name value, …)". */
function missingFieldsText(fields: LogFields, said: string): string {
  const parts = Object.entries(fields)
    .filter(([, value]) => value !== undefined && !hasWord(said, String(value)))
    .map(([name, value]) => `${name} ${value}`);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

/** Whether the text has the word, not only as a piece of a longer word, number or address. */
function hasWord(text: string, word: string): boolean {
  if (word === '') return true;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const end = at + word.length;
    const isPiece = /[\w.:]/.test(text.charAt(at - 1)) || /^[.:]?\w/.test(text.slice(end, end + 2));
    if (!isPiece) return true;
  }
  return false;
}
