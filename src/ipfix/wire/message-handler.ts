import type { DataSet } from './data-set.ts';
import type { DecodeError, DecodePlace, DecodeReason } from './decode-error.ts';
import type { MessageHeader } from './message-header.ts';
import type { Template } from './template.ts';
import type { TemplateStore } from './template-store.ts';

/** Receives the parts of a message in their order. */
export interface MessageHandler {
  /** Called once for each message before its sets, and only if all its sets lie within it. */
  header?(header: MessageHeader): void;
  data(set: DataSet): void;
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
