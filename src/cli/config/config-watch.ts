import {
  type Clock,
  type Component,
  describeError,
  type Log,
  Refusals,
  withDeadline,
} from '../../runtime/index.ts';
import { readConfigFile } from './config-text.ts';

export interface ConfigWatchParts {
  readonly path: string;
  /** The text that the process has started with. */
  readonly text: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Applies a new text. @throws when it is invalid: the earlier one stays in use */
  readonly apply: (text: string) => Promise<void>;
}

/**
 * A mounted ConfigMap changes by a link to another directory, so the text tells, not an event of the file.
 */
const LOOK_MS = 5_000;

/** Reads a configuration file again when its text has changed and then stayed the same. */
export class ConfigWatch implements Component {
  readonly name = 'configuration';
  readonly #parts: ConfigWatchParts;
  /** As at the last look, and as last applied or refused. */
  #seen: string;
  #applied: string;
  readonly #unreadable: Refusals;
  #applying: Promise<void> | undefined;
  #cancel = () => {};

  constructor(parts: ConfigWatchParts) {
    this.#parts = parts;
    this.#seen = parts.text;
    this.#applied = parts.text;
    this.#unreadable = new Refusals(parts.log, this.name, 'configuration');
  }

  async start(): Promise<void> {
    this.#cancel = this.#parts.clock.every(LOOK_MS, () => this.#look());
  }

  /** What is being applied may wait for a server that is away. It leaves the other parts time to stop. */
  async stop(deadlineMs: number): Promise<void> {
    const { clock } = this.#parts;
    this.#cancel();
    if (this.#applying !== undefined)
      await withDeadline(clock, this.#applying, deadlineMs / 2).catch(() => {});
  }

  #look(): void {
    if (this.#applying !== undefined) return;
    const text = this.#read();
    if (text === undefined) return;
    const hasSettled = text === this.#seen;
    this.#seen = text;
    if (!hasSettled || text === this.#applied) return;
    this.#applied = text;
    this.#applying = this.#apply(text).finally(() => {
      this.#applying = undefined;
    });
  }

  #read(): string | undefined {
    try {
      const text = readConfigFile(this.#parts.path);
      this.#unreadable.accept();
      return text;
    } catch (error) {
      this.#unreadable.refuse(`keeps the configuration in use: ${describeError(error)}`);
      return undefined;
    }
  }

  async #apply(text: string): Promise<void> {
    const { apply, log, path } = this.#parts;
    try {
      await apply(text);
    } catch (error) {
      const text = `refuses the new ${path} and keeps the earlier one: ${describeError(error)}`;
      log.refuse(this.name, 'configuration', text);
    }
  }
}
