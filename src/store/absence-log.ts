import { type Clock, describeError } from '../runtime/index.ts';
import { ABSENCES, WritingFile } from './writing-file.ts';
import type { WritingSpan } from './writing-spans.ts';

/** An exporter that is back by then has lost its session, but hardly a flow: it sends what it has kept. */
const TOLERANCE_MS = 60_000;

export interface AbsenceLogParts {
  readonly clock: Clock;
  readonly onTrouble: (text: string) => void;
}

/**
 * Writes down, beside a history, the times in which no exporter was there to send something. So a time
 * without records is either quiet or a gap. Before the first exporter has come, none is expected. Once one
 * has, one is expected after a restart, too.
 */
export class AbsenceLog {
  readonly #parts: AbsenceLogParts;
  #file: WritingFile | undefined;
  #present = 0;
  #isExpected = false;
  /** Since when there is none. */
  #sinceMs: number;
  /** What the file has of it; undefined before it has lasted for long. */
  #absence: WritingSpan | undefined;
  #cancel = () => {};
  #turn: Promise<void> = Promise.resolve();

  constructor(parts: AbsenceLogParts) {
    this.#parts = parts;
    this.#sinceMs = this.#nowMs();
  }

  /** Goes on with what earlier processes have written there. */
  async open(directory: string): Promise<void> {
    await this.close();
    const file = new WritingFile(directory, ABSENCES);
    const { knownFromMs, spans } = await file.read();
    await file.shorten();
    this.#file = file;
    this.#isExpected = knownFromMs !== undefined;
    const last = spans.at(-1);
    this.#absence = last?.isEnded ? undefined : last;
    if (this.#present > 0) this.#endAbsence();
    else this.#await(this.#absence?.fromMs ?? this.#sinceMs);
  }

  /** An absence goes on in the file: nobody has come. */
  async close(): Promise<void> {
    this.#cancel();
    await this.#turn;
    this.#file = undefined;
  }

  come(): void {
    this.#present++;
    this.#cancel();
    this.#endAbsence();
  }

  /** @param untilMs until when the exporter was certainly there */
  go(untilMs: number): void {
    this.#present--;
    if (this.#present === 0) this.#await(Math.floor(untilMs));
  }

  #endAbsence(): void {
    const nowMs = this.#nowMs();
    if (this.#file === undefined) return;
    if (!this.#isExpected) this.#write({ knownFromMs: nowMs });
    this.#isExpected = true;
    if (this.#absence !== undefined) this.#write({ ...this.#absence, toMs: nowMs, isEnded: true });
    this.#absence = undefined;
  }

  #await(sinceMs: number): void {
    this.#sinceMs = sinceMs;
    if (this.#file === undefined || !this.#isExpected || this.#absence !== undefined) return;
    const { clock } = this.#parts;
    this.#cancel = clock.after(Math.max(0, sinceMs + TOLERANCE_MS - clock.now()), () => {
      this.#absence = { fromMs: sinceMs, toMs: sinceMs };
      this.#write(this.#absence);
    });
  }

  #nowMs(): number {
    return Math.floor(this.#parts.clock.now());
  }

  #write(line: WritingSpan | { readonly knownFromMs: number }): void {
    const file = this.#file!;
    this.#turn = this.#turn.then(async () => {
      try {
        await file.append([line]);
      } catch (error) {
        this.#parts.onTrouble(`cannot write down when no exporter was there: ${describeError(error)}`);
      }
    });
  }
}
