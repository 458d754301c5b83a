import { ExporterStatements, type NameRoom } from '../foreign/index.ts';
import { RepeatedMessages } from './repeated-messages.ts';

/** Upper bound of the memory for each observation domain of a foreign exporter, without names. */
export const FOREIGN_OCTETS = 32_768;

/** The state of one observation domain of a foreign exporter: its statements, and its recent messages. */
export class ForeignExporter {
  readonly statements: ExporterStatements;
  readonly repeated = new RepeatedMessages();

  /** @param room for names */
  constructor(room: NameRoom) {
    this.statements = new ExporterStatements(room);
  }
}
