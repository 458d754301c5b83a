import { type Clock, describeError } from '../runtime/index.ts';
import { WritingFile } from './writing-file.ts';
import { BEAT_MS, type Interruption, type WritingSpan } from './writing-spans.ts';

/** The clocks may disagree by so much between two beats before one of them was set. */
const CLOCK_TOLERANCE_MS = 1_000;
/** After so long without a beat the process was stopped, or the host slept. */
const PAUSE_MS = 60_000;
/** Ended spans that wait until the disk takes them. */
const MOST_WAITING = 100;

/**
 * Writes down that a process writes a history: a beat each few seconds. After a kill at any moment it is
 * known until when, to a beat. So a time without records is either quiet or a gap.
 */
export class WritingLog {
  readonly #file: WritingFile;
  readonly #clock: Clock;
  readonly #onTrouble: (kind: string, text: string) => void;
  readonly #stopTimer: () => void;
  /** Ended, and not on disk yet. */
  #ended: WritingSpan[] = [];
  /** Undefined while records are refused. */
  #span: WritingSpan | undefined;
  #beatMs: number;
  #isRefusing = false;
  #hasRefused = false;
  #turn: Promise<void> = Promise.resolve();

  private constructor(file: WritingFile, clock: Clock, onTrouble: (kind: string, text: string) => void) {
    this.#file = file;
    this.#clock = clock;
    this.#onTrouble = onTrouble;
    const nowMs = this.#nowMs();
    this.#span = { fromMs: nowMs, toMs: nowMs };
    this.#beatMs = clock.monotonic();
    this.#stopTimer = clock.every(BEAT_MS, () => {
      this.#advance();
      this.#write();
    });
  }

  /** @param directory whose lock this process has */
  static async begin(
    directory: string,
    clock: Clock,
    onTrouble: (kind: string, text: string) => void,
  ): Promise<WritingLog> {
    const file = new WritingFile(directory);
    await file.shorten().catch((error: unknown) => onTrouble('writing times', describeError(error)));
    const log = new WritingLog(file, clock, onTrouble);
    log.#write();
    await log.#turn;
    return log;
  }

  /** Records are stored again. */
  accept(): void {
    this.#isRefusing = false;
  }

  /** Records were lost, so the time since the last beat is no time of writing. */
  refuse(): void {
    this.#isRefusing = true;
    this.#hasRefused = true;
  }

  /** Resolves when the disk has the beats up to now, or has refused them. */
  written(): Promise<void> {
    return this.#turn;
  }

  async end(): Promise<void> {
    this.#stopTimer();
    this.#advance();
    if (this.#span !== undefined) this.#endSpan(this.#span.toMs);
    this.#write();
    await this.#turn;
  }

  /** In whole milliseconds. */
  #nowMs(): number {
    return Math.floor(this.#clock.now());
  }

  #advance(): void {
    const nowMs = this.#nowMs();
    const monotonicMs = this.#clock.monotonic();
    const sinceMs = monotonicMs - this.#beatMs;
    this.#beatMs = monotonicMs;
    if (this.#hasRefused) {
      if (this.#span !== undefined) this.#endSpan(this.#span.toMs);
      if (this.#isRefusing) return;
      this.#hasRefused = false;
      this.#beginSpan(nowMs, 'refusal');
      return;
    }
    const { fromMs, toMs, after } = this.#span!;
    const expectedMs = Math.floor(toMs + sinceMs);
    if (sinceMs > PAUSE_MS) {
      this.#endSpan(toMs);
      this.#beginSpan(nowMs, 'pause');
    } else if (Math.abs(nowMs - expectedMs) > CLOCK_TOLERANCE_MS) {
      this.#endSpan(expectedMs);
      this.#beginSpan(nowMs, nowMs > expectedMs ? 'clock' : undefined);
    } else this.#span = spanOf(fromMs, Math.max(toMs, nowMs), after);
  }

  #beginSpan(nowMs: number, after: Interruption | undefined): void {
    this.#span = spanOf(nowMs, nowMs, after);
  }

  #endSpan(toMs: number): void {
    this.#ended = [...this.#ended, { ...this.#span!, toMs, isEnded: true as const }].slice(-MOST_WAITING);
    this.#span = undefined;
  }

  #write(): void {
    this.#turn = this.#turn.then(async () => {
      const ended = this.#ended;
      const spans = this.#span === undefined ? ended : [...ended, this.#span];
      if (spans.length === 0) return;
      try {
        await this.#file.append(spans);
        this.#ended = this.#ended.filter((span) => !ended.includes(span));
      } catch (error) {
        this.#onTrouble(
          'writing times',
          `cannot write down that this process writes: ${describeError(error)}`,
        );
      }
    });
  }
}

const spanOf = (fromMs: number, toMs: number, after: Interruption | undefined): WritingSpan => ({
  fromMs,
  toMs,
  ...(after === undefined ? {} : { after }),
});
