import { WeirError } from '../../runtime/index.ts';
import type { TlsPaths } from '../../tls/index.ts';
import { agentFile } from './agent-file.ts';
import { aggregatorFile } from './aggregator-file.ts';
import { parseConfig } from './checked-config.ts';
import { expectKind, guessKind } from './config-file.ts';
import { type FileKind, readConfigFile, unwrapConfigMap } from './config-text.ts';

/** What a configuration says of certificates. */
export interface NamedCertificates {
  readonly kind: FileKind;
  /** Names that the certificate of the aggregator needs for this configuration. */
  readonly aggregatorNames: readonly string[];
  /** Where the process reads its certificate, its key and the authorities. */
  readonly places: TlsPaths;
}

/**
 * Reads an agent's or an aggregator's file.
 * @throws {WeirError} when it cannot be read, is invalid, or may be a file of both
 */
export function readNamedCertificates(file: string): NamedCertificates {
  const text = readConfigFile(file);
  const bare = unwrapConfigMap(text);
  const kind = bare.kind ?? guessKind(bare.text, file);
  if (kind === undefined) {
    throw new WeirError('WEIR_USAGE_CERTS', `${file}: its keys do not show whose file it is`, {
      remedy: 'Give the names with --name instead of --for.',
    });
  }
  expectKind(kind, bare, file);
  return kind === 'agent' ? ofAgent(bare.text, file) : ofAggregator(bare.text, file);
}

function ofAgent(text: string, file: string): NamedCertificates {
  const { tls, flowCollectorAddr } = parseConfig(text, file, agentFile).flowExporter;
  return { kind: 'agent', aggregatorNames: [tls.serverName ?? flowCollectorAddr.host], places: tls };
}

function ofAggregator(text: string, file: string): NamedCertificates {
  const { flowAggregatorAddress, tls, weir } = parseConfig(text, file, aggregatorFile);
  const listens = (weir.listen ?? []).map(({ host }) => host);
  const named = [flowAggregatorAddress, ...listens.filter((host) => !isAnyAddress(host))];
  return {
    kind: 'aggregator',
    aggregatorNames: named.flatMap((name) => name || []),
    places: tls,
  };
}

const isAnyAddress = (host: string): boolean => host === '0.0.0.0' || host === '::';
