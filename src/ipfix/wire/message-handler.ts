import type { DataSet } from './data-set.ts';
import type { DecodeError, DecodePlace, DecodeReason } from './decode-error.ts';
import type { MessageHeader } from './message-header.ts';
import type { Template } from './template.ts';
import type { TemplateStore } from './template-store.ts';

/** What a message holds, in the order in which it holds it. */
export interface MessageHandler {
  /** Once a message, before its sets, and only if all its sets lie within it. */
  header?(header: MessageHeader): void;
  data(set: DataSet): void;
  /** A template was announced; `previous` is the same object if it says nothing new. */
  template?(template: Template, previous: Template | undefined, header: MessageHeader): void;
  /** A template was withdrawn. */
  withdrawal?(template: Template, header: MessageHeader): void;
  /**
   * A fault; also a data set whose template is unknown (`template-unknown`), which is nobody's fault over
   * UDP.
   */
  error(error: DecodeError): void;
}

/** Where one message lies and who hears about it; what its parts are read with. */
export interface MessageContext {
  readonly header: MessageHeader;
  readonly start: number;
  readonly store: TemplateStore;
  readonly handler: MessageHandler;
}

/** Tells the handler of a fault in a message. */
export function report(
  context: MessageContext,
  place: DecodePlace,
  reason: DecodeReason,
  text: string,
): void {
  context.handler.error({ domain: context.header.domain, ...place, reason, text });
}
