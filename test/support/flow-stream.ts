import type { FlowRecord } from '../../src/flow/index.ts';
import type { NetworkNamespace } from './namespace.ts';
import type { Program } from './program.ts';

export interface FlowStream {
  /** The collector; TCP. */
  host: string;
  port?: number;
  domain: number;
  /** One after the other, each the content of a message. */
  batches: readonly (readonly FlowRecord[])[];
  /** Delay between two batches, default 0. */
  everyMs?: number;
}

/**
 * Starts an IPFIX exporter that sends these records by the template of an agent, which begins with Antrea's
 * 43 elements. It ends when the collector's host has them all.
 */
export function startFlowStream(namespace: NetworkNamespace, stream: FlowStream): Program {
  const script = new URL('./traffic/flow-exporter.ts', import.meta.url);
  return namespace.startModule(script, [], { input: JSON.stringify(stream) });
}
