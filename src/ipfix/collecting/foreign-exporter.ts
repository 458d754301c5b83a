import { ExporterStatements, type StatementRoom } from '../foreign/index.ts';
import { RepeatedMessages } from './repeated-messages.ts';

/**
 * Upper bound of the memory for each observation domain of a foreign exporter, without its `StatementRoom`.
 */
export const FOREIGN_OCTETS = 16_384;

/** The state of one observation domain of a foreign exporter: its statements, and its recent messages. */
export class ForeignExporter {
  readonly statements: ExporterStatements;
  readonly repeated = new RepeatedMessages();

  constructor(room: StatementRoom) {
    this.statements = new ExporterStatements(room);
  }
}
