import { ExporterStatements, LossReports } from '../foreign/index.ts';
import { RepeatedMessages } from './repeated-messages.ts';

/** Upper bound of the memory for each observation domain of a foreign exporter. */
export const FOREIGN_OCTETS = 20_480;

/**
 * The state of one observation domain of a foreign exporter: its statements, its losses, and its recent
 * messages.
 */
export class ForeignExporter {
  readonly statements = new ExporterStatements();
  readonly losses = new LossReports();
  readonly repeated = new RepeatedMessages();
}
