import { type Route, sendJson } from '../../http/index.ts';
import type { ExporterReading } from '../../ipfix/index.ts';
import type { Clock } from '../../runtime/index.ts';

/** Who sends records here. What an exporter does not tell is left out. */
export interface ExporterStatement {
  /** Its address; `other` sums up those beyond the bound. */
  readonly exporter: string;
  readonly domain: number;
  readonly protocol: string;
  /** The name of its host, by its own word. */
  readonly name?: string;
  /** The name in its certificate: it has proved that. */
  readonly peerName?: string;
  /** The program and its version. */
  readonly software?: string;
  /** When the first and the last record arrived, in RFC 3339; absent as long as none has. */
  readonly firstRecord?: string;
  readonly lastRecord?: string;
  /** Milliseconds since the last record. */
  readonly lagMs?: number;
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
  const { state, peerName, unsentRecords } = reading;
  return {
    exporter: reading.exporter,
    domain: reading.observationDomainId,
    protocol: reading.exportProtocol,
    ...(state?.name ? { name: state.name } : {}),
    ...(peerName === undefined ? {} : { peerName }),
    ...(state === undefined ? {} : { software: state.software }),
    ...timesOf(reading, nowMs),
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

function timesOf({ firstRecordMs, lastRecordMs }: ExporterReading, nowMs: number) {
  if (firstRecordMs === undefined || lastRecordMs === undefined) return {};
  return {
    firstRecord: new Date(firstRecordMs).toISOString(),
    lastRecord: new Date(lastRecordMs).toISOString(),
    lagMs: Math.max(0, Math.round(nowMs - lastRecordMs)),
  };
}
