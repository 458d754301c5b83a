import { type CollectorAddress, isAvailableTransport } from '../../ipfix/exporting/index.ts';
import type { AgentFile } from './agent-file.ts';
import type { CheckedConfig } from './checked-config.ts';
import { type Note, Notes } from './note.ts';

/** The settings that notes depend on. */
interface NotedSettings {
  readonly collector: CollectorAddress;
  readonly pollIntervalMs: number;
  readonly protocols: readonly string[] | undefined;
}

/** Notes on an agent's file, also those that stop the start. */
export function agentNotes(config: CheckedConfig<AgentFile>, settings: NotedSettings, file: string): Note[] {
  const notes = new Notes(file, config);
  noteSwitches(config.value, notes);
  noteCollector(settings, notes);
  for (const option of ['activeFlowExportTimeout', 'idleFlowExportTimeout'] as const) {
    const key = keyOf(option, notes);
    if (!notes.has(key) || config.value.flowExporter[option] >= settings.pollIntervalMs) continue;
    notes.tell(key, `shorter than flowPollInterval: taken as ${settings.pollIntervalMs} ms`);
  }
  if (settings.protocols?.length === 0) {
    notes.tell('flowExporter.protocolFilter', 'an empty list: nothing is exported');
  }
  return notes.all;
}

function noteSwitches({ featureGates, flowExporter }: AgentFile, notes: Notes): void {
  const [text, remedy] = ['false: there would be nothing to do', 'Set it to true.'];
  if (featureGates?.FlowExporter === false) notes.stop('featureGates.FlowExporter', text, remedy);
  if (!flowExporter.enable) notes.stop('flowExporter.enable', text, remedy);
}

function noteCollector({ collector: { protocol } }: NotedSettings, notes: Notes): void {
  const key = keyOf('flowCollectorAddr', notes);
  if (protocol !== 'grpc' && !isAvailableTransport(protocol)) {
    const remedy = 'End the address with :tls, and set aggregatorTransportProtocol: tls in the aggregator.';
    notes.stop(key, `${protocol} is not available yet`, remedy);
  }
  if (protocol === 'grpc') {
    notes.stop(key, 'grpc is not available', 'End the address with :tcp or :udp: agents send IPFIX.');
  }
}

/** The key of an option: in the newer layout, unless the file has only the older one at the top level. */
function keyOf(option: string, notes: Notes): string {
  const newer = `flowExporter.${option}`;
  return !notes.has(newer) && notes.has(option) ? option : newer;
}
