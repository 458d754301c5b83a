import type { FlowBatch, FlowSink } from '../../flow/index.ts';
import {
  type Account,
  type Clock,
  describeError,
  type Ledger,
  type Log,
  WeirError,
} from '../../runtime/index.ts';
import { RotatedFile } from '../rotated-file.ts';
import { rotationLimits } from '../rotation-options.ts';
import { csvLine } from './csv-line.ts';
import { actionNumbers, type FlowLoggerOptions } from './options.ts';

export interface FlowLoggerParts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly log: Log;
}

/** The actions that pass, for each side; an empty set lets all pass. */
interface RuleFilter {
  readonly ingress: ReadonlySet<number>;
  readonly egress: ReadonlySet<number>;
}

/**
 * The reference system's flow logger: a line of CSV for each record, in a rotated file. Its account counts
 * lines.
 */
export class FlowLogger implements FlowSink {
  readonly name: string;
  /** A file is slow for seconds at most. */
  readonly isAwaited = true;
  readonly #file: RotatedFile;
  readonly #path: string;
  readonly #isPretty: boolean;
  readonly #filters: readonly RuleFilter[];
  readonly #account: Account;
  #isStarted = false;

  constructor(name: string, options: FlowLoggerOptions, { clock, ledger, log }: FlowLoggerParts) {
    this.name = name;
    this.#path = options.path;
    this.#isPretty = options.prettyPrint;
    this.#filters = options.filters.map((filter) => ({
      ingress: numbersOf(filter.ingressNetworkPolicyRuleActions),
      egress: numbersOf(filter.egressNetworkPolicyRuleActions),
    }));
    this.#file = new RotatedFile(options.path, rotationLimits(options), clock, (error) =>
      log.limited(name, 'rotation', `old files stay as they are: ${describeError(error)}`),
    );
    this.#account = ledger.open(`file ${name}`, 'lines');
  }

  /** @throws {WeirError} WEIR_FLOW_LOGGER_FILE */
  async start(): Promise<void> {
    try {
      await this.#file.open();
    } catch (cause) {
      throw new WeirError('WEIR_FLOW_LOGGER_FILE', `${this.name}: cannot open ${this.#path} for appending`, {
        remedy: `Give a file in a folder that exists and may be written to (${describeError(cause)}).`,
        cause,
      });
    }
    this.#isStarted = true;
  }

  /** @throws when not all of the lines could be written */
  async write(batch: FlowBatch): Promise<void> {
    if (!this.#isStarted) throw new Error(`${this.name} is not started`);
    const lines: string[] = [];
    for (let row = 0; row < batch.length; row++) {
      if (this.#passes(batch, row)) lines.push(`${csvLine(batch.at(row), this.#isPretty)}\n`);
    }
    this.#account.note('filtered out', batch.length - lines.length);
    if (lines.length === 0) return;
    this.#account.received += lines.length;
    try {
      await this.#file.append(Buffer.from(lines.join('')));
      this.#account.sent += lines.length;
    } catch (error) {
      this.#account.drop('not written', lines.length);
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#isStarted = false;
    await this.#file.close();
  }

  #passes({ columns }: FlowBatch, row: number): boolean {
    if (this.#filters.length === 0) return true;
    const ingress = columns.ingressNetworkPolicyRuleAction[row]!;
    const egress = columns.egressNetworkPolicyRuleAction[row]!;
    return this.#filters.some(
      (filter) => admitsAction(filter.ingress, ingress) && admitsAction(filter.egress, egress),
    );
  }
}

const admitsAction = (actions: ReadonlySet<number>, action: number): boolean =>
  actions.size === 0 || actions.has(action);

const numbersOf = (
  actions: FlowLoggerOptions['filters'][number]['ingressNetworkPolicyRuleActions'],
): Set<number> => new Set((actions ?? []).map((action) => actionNumbers[action]));
