import type { ExportProtocol } from '../export-protocol.ts';
import type { TransportName } from '../transport-kind.ts';
import type { MessageHeader, TemplateStore } from '../wire/index.ts';

/** The transport session of a message. One object stays the same for all its messages. */
export interface MessageSource {
  readonly protocol: TransportName;
  readonly exportProtocol: ExportProtocol;
  /** Address and port of the Exporting Process's end. */
  readonly peer: string;
  /** Those in force. */
  readonly templates: TemplateStore;
}

/** Takes whole messages as they were received. */
export interface MessageConsumer {
  /**
   * Called once for each message whose sets lie within it, before they are read. So the templates of the
   * source are still those from before it. The message is in `bytes` from `start` on, valid until the call
   * returns.
   */
  readonly onMessage?:
    | ((source: MessageSource, header: MessageHeader, bytes: Uint8Array, start: number) => void)
    | undefined;
}
