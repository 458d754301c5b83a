import type { AggregatorFile } from './aggregator-file.ts';
import type { CheckedConfig } from './checked-config.ts';
import { type Note, Notes } from './note.ts';
import { areAtOnePath, pathOf, sinkSettings } from './sink-options.ts';
import { isCollectorOn, topLevelSinks } from './top-level-sinks.ts';

/** Notes on an aggregator's file, also those that stop the start. */
export function aggregatorNotes(config: CheckedConfig<AggregatorFile>, file: string): Note[] {
  const notes = new Notes(file, config);
  noteWhatComesIn(config.value, notes);
  noteCollector(config.value, notes);
  noteConflictingSinks(config.value, notes);
  noteSinksOfHalves(config.value, notes);
  noteWhatIsNotThere(config.value, notes);
  return notes.all;
}

function noteWhatComesIn({ weir, aggregatorTransportProtocol }: AggregatorFile, notes: Notes): void {
  const key = 'aggregatorTransportProtocol';
  if (weir.listen !== undefined) return;
  if (aggregatorTransportProtocol === 'none') {
    notes.stop(key, 'none: no flows would come in', 'Set it to tcp or udp.');
  }
}

function noteCollector(file: AggregatorFile, notes: Notes): void {
  const { flowCollector } = file;
  if (flowCollector.enable === true && flowCollector.address === undefined) {
    notes.stop('flowCollector.enable', 'true, but flowCollector.address is missing', 'Add the address.');
  }
  if (!isCollectorOn(file) || !flowCollector.tls.enable) return;
  for (const [key, replacements] of filesOfSecrets) {
    const name = flowCollector.tls[key];
    const isReplaced = Object.keys(replacements).every((file) => notes.has(`flowCollector.tls.${file}`));
    if (!name || isReplaced) continue;
    const named = Object.entries(replacements).map(([file, entry]) => `${file}: ${MOUNTED}/${entry}`);
    notes.stop(
      `flowCollector.tls.${key}`,
      `Weir reads no Secret by its name, so the certificates of ${name} would be missing`,
      `Mount the Secret at ${MOUNTED} (aggregator.extraVolumes and extraVolumeMounts of the chart), and name its files: ${named.join(', ')}`,
    );
  }
}

/** What to set in place of the name of a Secret, and to which key of the Secret. */
const filesOfSecrets = [
  ['caSecretName', { caFile: 'ca.crt' }],
  ['clientSecretName', { certFile: 'tls.crt', keyFile: 'tls.key' }],
] as const;

/** An example of a place. */
const MOUNTED = '/etc/weir/collector';

/**
 * A sink at the top level with the name or the path of another sink. The check of `weir.sinks` sees only its
 * own.
 */
function noteConflictingSinks(file: AggregatorFile, notes: Notes): void {
  const others = file.weir.sinks.map(sinkSettings);
  for (const sink of topLevelSinks(file)) {
    const { name } = sink;
    if (others.some((other) => other.name === name)) {
      notes.stop(name, `weir.sinks has another sink with the name ${name}`, 'Give that sink another name.');
    }
    const other = others.find((one) => areAtOnePath(sink, one));
    if (other === undefined) continue;
    const text = `${pathOf(sink)} is also of the sink ${other.name}`;
    notes.stop(name, text, 'Give each sink a path of its own.');
  }
}

/**
 * In Proxy mode a flow between two nodes has a record of each. Sinks that sum them up would count it twice.
 */
function noteSinksOfHalves(file: AggregatorFile, notes: Notes): void {
  if (file.mode !== 'Proxy') return;
  for (const { name, kind } of [...topLevelSinks(file), ...file.weir.sinks.map(sinkSettings)]) {
    if (kind.takesHalves) continue;
    const text = `Proxy, but the sink ${name} takes whole flows only`;
    notes.stop('mode', text, 'Set it to Aggregate, or keep only sinks of ipfix and jsonLines.');
  }
}

const laterSinks = ['clickHouse', 's3Uploader', 'flowStreamService'] as const;

function noteWhatIsNotThere(file: AggregatorFile, notes: Notes): void {
  for (const sink of laterSinks) {
    if (!file[sink].enable) continue;
    const remedy = `Set ${sink}.enable to false; weir.sinks writes JSON lines and sends IPFIX.`;
    notes.stop(`${sink}.enable`, `${sink} is not available yet`, remedy);
  }
  const { tlsMinVersion } = file.apiServer;
  if (tlsMinVersion === 'VersionTLS10' || tlsMinVersion === 'VersionTLS11') {
    notes.tell(
      'apiServer.tlsMinVersion',
      `${tlsMinVersion}: counts as VersionTLS12, since older ones are broken`,
    );
  }
}
