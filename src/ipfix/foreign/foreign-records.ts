import {
  BiflowDirection,
  type Columns,
  type FieldName,
  type FlowBatch,
  fieldNames,
  NO_ICMP_TYPE,
  Protocol,
  turnedFieldsOf,
  turnRecord,
} from '../../flow/index.ts';
import {
  type ColumnMapping,
  type ColumnsBeside,
  flowFieldsOf,
  type MessageHeader,
  type Template,
} from '../wire/index.ts';
import { exchangeDestinations, forgetSameSources } from './address-translation.ts';
import type { ExporterStatements } from './exporter-statements.ts';
import { FlowTimes, MAX_AHEAD_MS } from './flow-times.ts';
import { type Explanations, explanationsOf, foreignColumnOf } from './foreign-columns.ts';
import { Sampling } from './sampling.ts';
import { NamedRecords } from './stated-names.ts';

const counters = ['octet', 'packet', 'reverseOctet', 'reversePacket'] as const;
/** Octets of a counter that wraps at 2^32. */
const SHORT_OCTETS = 4;

/** Findings about the records of a set, by number. */
export interface Findings {
  /** Records with an estimated time. */
  estimatedTimes: number;
  /** Records whose counters were scaled by a sampling rate. */
  scaled: number;
  /** Records with an impossible sampling rate. */
  refusedRates: number;
  /** Records that repeat others: the exporter metered their packets at two interfaces. They are removed. */
  repeatedRecords: number;
}

/**
 * The meaning of one foreign template's records, determined once. Its reader fills the batch with the values
 * on the wire. Then `interpret` turns them into the meaning of Weir's fields.
 *
 * When a template has delta counters, its total counters are ignored: they may be the exporter's, not the
 * flow's.
 */
export class ForeignRecords {
  /** The fields that a batch must carry. */
  readonly fields: readonly FieldName[];
  /** The column for an element of the template; undefined if it is ignored. */
  readonly columnOf: ColumnMapping;
  /** As in `FlowBatch`. */
  readonly shortTotals: number;
  readonly findings: Findings = { estimatedTimes: 0, scaled: 0, refusedRates: 0, repeatedRecords: 0 };
  readonly #explanations: Explanations;
  readonly #times: FlowTimes;
  readonly #sampling: Sampling;
  readonly #names: NamedRecords;
  readonly #hasPostDestination: boolean;
  readonly #hasPostSource: boolean;
  readonly #needsIcmp: boolean;
  readonly #tellsInitiator: boolean;
  readonly #icmp: readonly (readonly [type: Float64Array, code: Float64Array | undefined])[];

  /** @param beside the columns that the reader fills beside the batch */
  constructor(template: Template, beside: ColumnsBeside) {
    const told = new Set(flowFieldsOf(template, foreignColumnOf));
    for (const counter of counters) {
      if (told.has(`${counter}DeltaCount`)) told.delete(`${counter}TotalCount`);
    }
    const read = new Set<string>(told);
    const explanations = explanationsOf(template, beside);
    this.columnOf = (element) => {
      const target = foreignColumnOf(element);
      return target?.isBeside || (target !== undefined && read.has(target.name)) ? target : undefined;
    };
    this.shortTotals = counters.reduce((bits, counter, k) => {
      const fields = template.fields.filter(
        ({ element }) => this.columnOf(element)?.name === `${counter}TotalCount`,
      );
      const isShort = fields.length > 0 && fields.every(({ length }) => length === SHORT_OCTETS);
      return isShort ? bits | (1 << k) : bits;
    }, 0);
    this.#explanations = explanations;
    this.#times = new FlowTimes(explanations);
    this.#sampling = new Sampling(told, explanations);
    this.#names = new NamedRecords(told, explanations);
    this.#hasPostDestination = told.has('destinationServiceIP');
    this.#hasPostSource = told.has('proxySnatIP');
    this.#icmp = (['IPv4', 'IPv6'] as const).flatMap((family) => {
      const type = explanations[`icmpType${family}`];
      return type === undefined ? [] : [[type, explanations[`icmpCode${family}`]] as const];
    });
    this.#needsIcmp = told.has('protocolIdentifier') && !told.has('icmpTypeCode');
    if (this.#needsIcmp) told.add('icmpTypeCode');
    // The batch must carry each written column: the others are shared by all batches.
    if (this.#hasPostDestination) {
      told.add('destinationIP').add('destinationTransportPort').add('destinationServicePort');
    }
    if (this.#hasPostSource) told.add('proxySnatPort');
    told.add('flowStartMilliseconds').add('flowEndMilliseconds');
    for (const name of [...this.#sampling.fields, ...this.#names.fields]) told.add(name);
    this.#tellsInitiator = told.has('biflowDirection');
    if (this.#tellsInitiator) for (const name of turnedFieldsOf(told)) told.add(name);
    this.fields = fieldNames.filter((name) => told.has(name));
  }

  /**
   * Interprets rows `from` to `to`, the last of a batch, and writes `findings`. Removes repeated records.
   * @param nowMs when they arrived, in milliseconds since 1970
   * @param exporter statements about the domain of the records
   * @param all statements about all domains of the exporter, if any
   */
  interpret(
    batch: FlowBatch,
    from: number,
    to: number,
    { exportTimeSeconds, netflow }: MessageHeader,
    nowMs: number,
    exporter: ExporterStatements,
    all: ExporterStatements | undefined,
  ): void {
    const { findings } = this;
    const initTimeMs = Number.isNaN(exporter.initTimeMs)
      ? (all?.initTimeMs ?? Number.NaN)
      : exporter.initTimeMs;
    const headerTimeMs = exportTimeSeconds * 1000;
    const exportTimeMs = headerTimeMs > nowMs + MAX_AHEAD_MS ? nowMs : headerTimeMs;
    const latestMs = Math.max(exportTimeMs, nowMs) + MAX_AHEAD_MS;
    const uptimeMs = netflow?.uptimeMs ?? Number.NaN;
    if (netflow?.version === 5) exporter.rates.put(netflow.samplingInterval || 1);
    const estimated = this.#times.fill(
      batch,
      from,
      to,
      headerTimeMs,
      exportTimeMs,
      latestMs,
      initTimeMs,
      uptimeMs,
      exporter,
    );
    findings.estimatedTimes = estimated;
    this.#sampling.scale(batch, from, to, exporter, all);
    findings.scaled = this.#sampling.scaled;
    findings.refusedRates = this.#sampling.refused;
    this.#names.fill(batch, from, to, exporter.names, all?.names);
    const { columns } = batch;
    for (let row = from; row < to; row++) {
      if (this.#hasPostDestination) exchangeDestinations(columns, row);
      if (this.#hasPostSource) forgetSameSources(columns, row);
      if (this.#needsIcmp) this.#fillIcmp(columns, row);
      if (this.#tellsInitiator && columns.biflowDirection[row] === BiflowDirection.reverseInitiator) {
        turnRecord(batch, row);
      }
    }
    findings.repeatedRecords = exporter.interfaces.removeRepeated(batch, from, this.#explanations);
  }

  /**
   * Type and code of ICMP from their own elements, or, as routers send them, from the destination port. There
   * 0 may be an echo reply or nothing, and counts as nothing.
   */
  #fillIcmp(columns: Columns, row: number): void {
    const protocol = columns.protocolIdentifier[row];
    if (protocol !== Protocol.icmp && protocol !== Protocol.icmpv6) return;
    const port = columns.sourceTransportPort[row] === 0 ? columns.destinationTransportPort[row]! : 0;
    columns.icmpTypeCode[row] = port || NO_ICMP_TYPE;
    for (const [type, code] of this.#icmp) {
      const value = type[row]! * 256 + (code?.[row] ?? 0);
      if (value !== 0 || columns.icmpTypeCode[row] === NO_ICMP_TYPE) columns.icmpTypeCode[row] = value;
    }
  }
}
