import { type Route, sendJson } from '../../http/index.ts';
import type { ExporterReading } from '../../ipfix/index.ts';
import type { Clock } from '../../runtime/index.ts';

/** Who sends records here. What an exporter does not tell is left out. */
export interface ExporterStatement {
  /** Its address; `other` sums up those beyond the bound. */
  readonly exporter: string;
  readonly domain: number;
  readonly protocol: string;
  /** The name of its host, by its own word or its certificate. */
  readonly name?: string;
  /** The program and its version. */
  readonly software?: string;
  /** When the first and the last record arrived, in RFC 3339. */
  readonly firstRecord: string;
  readonly lastRecord: string;
  /** Milliseconds since the last record. */
  readonly lagMs: number;
  readonly records: number;
  /** Records that did not arrive, and those that it could not send. */
  readonly lostRecords: number;
  readonly unsentRecords?: number;
  /** IP packets that its host carried, and those of them that it metered. */
  readonly carriedPackets?: number;
  readonly meteredPackets?: number;
  /** Why it may miss flows; empty when it sees all. */
  readonly blindBecause?: readonly string[];
}

/** GET /exporters. */
export const exportersRoute =
  (exporters: () => readonly ExporterReading[], clock: Clock): Route =>
  ({ response }) =>
    sendJson(
      response,
      exporters().map((reading) => statementOf(reading, clock.now())),
    );

function statementOf(reading: ExporterReading, nowMs: number): ExporterStatement {
  const { state, peerName, unsentRecords, firstRecordMs, lastRecordMs } = reading;
  const name = state?.name || peerName;
  return {
    exporter: reading.exporter,
    domain: reading.observationDomainId,
    protocol: reading.exportProtocol,
    ...(name === undefined ? {} : { name }),
    ...(state === undefined ? {} : { software: state.software }),
    firstRecord: new Date(firstRecordMs).toISOString(),
    lastRecord: new Date(lastRecordMs).toISOString(),
    lagMs: Math.max(0, Math.round(nowMs - lastRecordMs)),
    records: reading.records,
    lostRecords: reading.lost,
    ...(unsentRecords === undefined ? {} : { unsentRecords }),
    ...(state === undefined
      ? {}
      : {
          carriedPackets: state.carriedPackets,
          meteredPackets: state.meteredPackets,
          blindBecause: state.blindBecause,
        }),
  };
}
