import type { ExportProtocol, TemplateStore, UndecodedProtocol } from '../../ipfix/index.ts';
import type { Fault } from './packet.ts';

/**
 * A transport session of a capture or of a file that Weir wrote, or the one of any other file of messages.
 */
export interface CapturedSession {
  /** Address and port of the exporter; undefined in a file of messages that does not say it. */
  readonly exporter: string | undefined;
  readonly transport: 'udp' | 'tcp' | 'file';
  readonly exportProtocol: ExportProtocol;
  readonly templates: TemplateStore;
}

export interface CapturedMessage {
  readonly session: CapturedSession;
  /** Number of the packet in which it ends; undefined in a file of messages. */
  readonly packet: number | undefined;
  /** When that packet was captured, in milliseconds since 1970; undefined without a time in the file. */
  readonly timeMs: number | undefined;
  readonly octets: Uint8Array;
}

/** A stream or file of NetFlow or sFlow, recognised by its header and not decoded. */
export interface CapturedUndecoded {
  readonly undecoded: UndecodedProtocol;
  /** Address and port; undefined in a file of messages. */
  readonly exporter: string | undefined;
}

/** A part of a file that should be IPFIX and could not be read. */
export interface CaptureFault extends Fault {
  readonly packet?: number;
  readonly exporter?: string;
}

/** The results of reading a file, one after another. */
export type Captured = CapturedMessage | CapturedUndecoded | CaptureFault;
