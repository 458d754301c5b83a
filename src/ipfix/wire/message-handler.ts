import type { DataSet } from './data-set.ts';
import type { DecodeError, DecodePlace, DecodeReason } from './decode-error.ts';
import type { MessageHeader } from './message-header.ts';
import type { Template } from './template.ts';
import type { TemplateStore } from './template-store.ts';

/** The numbers of a flow sample of sFlow. */
export interface SampleNumbers {
  /** Kind and index of its source: an interface, a VLAN or another part of the device. */
  readonly sourceKind: number;
  readonly sourceIndex: number;
  /** Samples of the source before this one, modulo 2^32. */
  readonly sequenceNumber: number;
  /** Packets that the source was to sample and could not, since the agent's start, modulo 2^32. */
  readonly drops: number;
}

/** What Weir does not read of sFlow. */
export type SkippedSamples = 'counter samples' | 'samples of other formats' | 'samples without a packet';

/** Receives the parts of a message in their order. */
export interface MessageHandler {
  /** Called once for each message before its sets, and only if all its sets lie within it. */
  header?(header: MessageHeader): void;
  data(set: DataSet): void;
  /**
   * sFlow: a flow sample, before its record. The object serves the next sample, too.
   * @param isReadable whether its record follows; otherwise its fault does
   */
  sample?(numbers: SampleNumbers, isReadable: boolean): void;
  /** sFlow: a sample that gives no record, and is no fault. */
  skippedSample?(kind: SkippedSamples): void;
  /** A template was announced; `previous` is the same object if nothing has changed. */
  template?(template: Template, previous: Template | undefined, header: MessageHeader): void;
  /** A template was withdrawn. */
  withdrawal?(template: Template, header: MessageHeader): void;
  /**
   * A fault; also a data set with an unknown template (`template-unknown`), which over UDP is nobody's fault.
   */
  error(error: DecodeError): void;
}

/** Where one message lies, its handler, and what its parts are read with. */
export interface MessageContext {
  readonly header: MessageHeader;
  readonly start: number;
  readonly store: TemplateStore;
  readonly handler: MessageHandler;
}

/** Reports a fault in a message to the handler. */
export function reportError(
  context: MessageContext,
  place: DecodePlace,
  reason: DecodeReason,
  text: string,
): void {
  context.handler.error({ domain: context.header.domain, ...place, reason, text });
}
