import { ExporterStatements } from '../foreign/index.ts';
import { RepeatedMessages } from './repeated-messages.ts';

/** What a foreign exporter takes in memory for each of its observation domains, on the safe side. */
export const FOREIGN_OCTETS = 16_384;

/**
 * What is known of one observation domain of a foreign exporter: what it stated, and which messages have
 * come.
 */
export class ForeignExporter {
  readonly statements = new ExporterStatements();
  readonly repeated = new RepeatedMessages();
}
