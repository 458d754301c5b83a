import type { EventSink, FlowSink } from '../flow/index.ts';
import type { Section, Shape, Values } from '../runtime/index.ts';
import type { TlsPaths } from '../tls/index.ts';
import type { SinkParts } from './thread/index.ts';

/** What an aggregator gives to each of its sinks. */
export interface SinkContext extends SinkParts {
  /** Maximum records that wait for the sink; undefined when the file does not set it. */
  readonly queueRecords: number | undefined;
  /** Whether records are those of single nodes, forwarded in Proxy mode. Default false. */
  readonly isProxy?: boolean;
}

/**
 * A kind of sink: its options, and how their values become a sink. Each kind has a folder that exports one,
 * and a line in `src/cli/sink-kinds.ts`. Schema, documents, examples, checks and wiring follow from that.
 */
export interface SinkKind<S extends Shape = Shape> {
  /** The key of its section in a file. A sink without a name gets this key with its number. */
  readonly key: string;
  readonly options: Section<S>;
  /** The file or directory that the sink writes to. */
  path?(values: Values<S>): string | undefined;
  /** The certificate files that it needs. */
  tlsPaths?(values: Values<S>): TlsPaths | undefined;
  /**
   * Whether it takes the records of single nodes. A flow between two nodes has two of them. Default false.
   */
  readonly takesHalves?: boolean;
  /** Whether other sinks may write to the same path, if they agree. Default false. */
  readonly sharesPath?: boolean;
  make(name: string, values: Values<S>, context: SinkContext): FlowSink;
  /** Where the events of a cluster go beside the flows. Absent: nowhere. */
  readonly events?: EventSinkKind<S>;
}

/** How a kind of sink takes events of a cluster. */
export interface EventSinkKind<S extends Shape = Shape> {
  /** Whether the file wants them; undefined when it does not say. */
  isWanted(values: Values<S>): boolean | undefined;
  make(name: string, values: Values<S>, parts: SinkParts): EventSink;
}
