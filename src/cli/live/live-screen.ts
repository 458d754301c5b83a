import type { Clock, Component, Ledger } from '../../runtime/index.ts';
import { writeError } from '../standard-error.ts';
import { colourStyle, drawFrame, plainStyle, roomFor, type Size } from './frame.ts';
import type { LiveFlows } from './live-flows.ts';
import { lostRecords } from './lost-records.ts';

/* Sequences of ECMA-48 and xterm: the second screen, the cursor, clearing to the end of line and screen. */
const enter = '\x1b[?1049h\x1b[?25l';
const leave = '\x1b[?25h\x1b[?1049l';
const home = '\x1b[H';
const clearLine = '\x1b[K';
const clearBelow = '\x1b[J';

const PERIOD_MS = 1_000;
/** How long a line of the log stays in view. */
const MESSAGE_MS = 10_000;
/** Maximum lines of the log that are kept until the screen closes. */
const MAX_LINES = 200;

export interface LiveScreenOptions {
  readonly host: string;
  readonly http: () => string;
  /** The link of the console; undefined before its start and without one. */
  readonly console?: () => string | undefined;
  /** The text to show for a while after the start. */
  readonly notice?: () => string;
  readonly isColoured: boolean;
}

/**
 * Draws the live flows on the terminal's second screen every second, and restores the terminal afterwards.
 * Log lines appear at the bottom meanwhile, and are written out at the end.
 */
export class LiveScreen implements Component {
  readonly name = 'screen';
  readonly #terminal: NodeJS.WriteStream;
  readonly #flows: LiveFlows;
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #options: LiveScreenOptions;
  readonly #log: string[] = [];
  #loggedMs = Number.NEGATIVE_INFINITY;
  #startedMs = 0;
  #end: (() => void) | undefined;

  constructor(
    terminal: NodeJS.WriteStream,
    flows: LiveFlows,
    ledger: Ledger,
    clock: Clock,
    options: LiveScreenOptions,
  ) {
    this.#terminal = terminal;
    this.#flows = flows;
    this.#ledger = ledger;
    this.#clock = clock;
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#startedMs = this.#clock.monotonic();
    const cancel = this.#clock.every(PERIOD_MS, () => this.#draw());
    const redrawScreen = () => this.#draw();
    const restoreTerminal = () => this.#terminal.write(leave);
    this.#terminal.on('resize', redrawScreen);
    process.once('exit', restoreTerminal);
    this.#end = () => {
      cancel();
      this.#terminal.off('resize', redrawScreen);
      process.off('exit', restoreTerminal);
      restoreTerminal();
    };
    this.#terminal.write(enter);
    this.#draw();
  }

  async stop(): Promise<void> {
    this.#end?.();
    this.#end = undefined;
    for (const line of this.#log.splice(0)) writeError(`${line}\n`);
  }

  /** Writes a line of the log. */
  log(line: string): void {
    if (this.#end === undefined) {
      writeError(`${line}\n`);
      return;
    }
    this.#log.push(line);
    if (this.#log.length > MAX_LINES) this.#log.shift();
    this.#loggedMs = this.#clock.monotonic();
  }

  #draw(): void {
    if (this.#terminal.writableNeedDrain) return; // nobody reads it: frames would pile up
    const size: Size = { columns: this.#terminal.columns || 80, rows: this.#terminal.rows || 24 };
    const nowMs = this.#clock.monotonic();
    const { host, http, console: link, notice, isColoured } = this.#options;
    const isFresh = (sinceMs: number) => nowMs - sinceMs < MESSAGE_MS;
    const lines = drawFrame(
      {
        host,
        nowMs,
        startedMs: this.#startedMs,
        totals: this.#flows.totals(),
        flows: this.#flows.busiest(roomFor(size)),
        lost: lostRecords(this.#ledger),
        http: http(),
        console: link?.(),
        message: isFresh(this.#loggedMs) ? this.#log.at(-1) : undefined,
        notice: isFresh(this.#startedMs) ? notice?.() || undefined : undefined,
      },
      size,
      isColoured ? colourStyle : plainStyle,
    );
    this.#terminal.write(home + lines.map((line) => line + clearLine).join('\r\n') + clearBelow);
  }
}
