import { isSecured, transportKinds } from '../../ipfix/index.ts';
import { describeError } from '../../runtime/index.ts';
import { readTlsMaterial, type TlsPaths } from '../../tls/index.ts';
import type { AgentSettings } from './agent-settings.ts';
import type { AggregatorSettings } from './aggregator-settings.ts';
import type { Note } from './note.ts';

/** Notes on certificate files that a start would refuse. */
export const agentTlsNotes = ({ certificates, collector, tls }: AgentSettings, file: string): Note[] =>
  isSecured(collector) && certificates === 'files' ? tlsNotes(tls, file, 'flowExporter.tls') : [];

/** The same for an aggregator and its sinks. */
export function aggregatorTlsNotes(settings: AggregatorSettings, file: string): Note[] {
  const { certificates, listen, tls, sinks } = settings;
  const isNeeded =
    certificates === 'files' && listen.some(({ protocol }) => transportKinds[protocol].isSecured);
  return [
    ...(isNeeded ? tlsNotes(tls, file, 'tls') : []),
    ...sinks.flatMap(({ name, kind, values }) => {
      const paths = kind.tlsPaths?.(values);
      return paths === undefined ? [] : tlsNotes(paths, file, `${name}.tls`);
    }),
  ];
}

function tlsNotes(paths: TlsPaths, file: string, key: string): Note[] {
  try {
    readTlsMaterial(paths);
    return [];
  } catch (error) {
    return [{ file, key, line: undefined, text: describeError(error), stops: true }];
  }
}
