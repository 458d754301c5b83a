import { HttpError, type Route } from '../../http/index.ts';
import type { ExporterReading } from '../../ipfix/index.ts';
import type { Clock } from '../../runtime/index.ts';
import { EXPORTERS_HEADER, type ExporterStatement } from '../contract.ts';
import { ListAnswer } from './list-answer.ts';

export const MOST_EXPORTERS_ASKED = 10_000;
const ITEMS_A_TURN = 128;

/**
 * GET /exporters. With a limit it lists those that need somebody's look: those that may miss flows first,
 * then those that are furthest behind.
 */
export function exportersRoute(exporters: () => readonly ExporterReading[], clock: Clock): Route {
  return async ({ url, response }) => {
    const most = limitIn(url.searchParams);
    const all = exporters();
    const listed = most === undefined ? all : inOrderOfNeed(all).slice(0, most);
    const answer = new ListAnswer(response, clock, { [EXPORTERS_HEADER]: String(all.length) });
    for (const [at, reading] of listed.entries()) {
      answer.add(statementOf(reading, clock.now()));
      if (at % ITEMS_A_TURN === ITEMS_A_TURN - 1) await answer.flush();
      if (response.destroyed) return;
    }
    await answer.flush();
    answer.end();
  };
}

/** @throws {HttpError} with what was expected */
function limitIn(parameters: URLSearchParams): number | undefined {
  for (const name of parameters.keys())
    if (name !== 'limit') throw new HttpError(400, `there is no parameter ${name}; there is limit`);
  const text = parameters.get('limit');
  if (text === null) return undefined;
  const limit = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= MOST_EXPORTERS_ASKED) return limit;
  throw new HttpError(
    400,
    `limit: expected a whole number from 1 to ${MOST_EXPORTERS_ASKED}, found "${text}"`,
  );
}

/** Those that have sent nothing yet come last. */
function inOrderOfNeed(all: readonly ExporterReading[]): ExporterReading[] {
  const isBlind = ({ state }: ExporterReading) => (state?.blindBecause.length ?? 0) > 0;
  const lastOf = ({ lastRecordMs = Number.POSITIVE_INFINITY }: ExporterReading) => lastRecordMs;
  return all.toSorted(
    (a, b) => Number(isBlind(b)) - Number(isBlind(a)) || compareTimes(lastOf(a), lastOf(b)),
  );
}

const compareTimes = (a: number, b: number): number => (a === b ? 0 : a - b);

function statementOf(reading: ExporterReading, nowMs: number): ExporterStatement {
  const { state, peerName, unsentRecords } = reading;
  return {
    exporter: reading.exporter,
    domain: reading.observationDomainId,
    ...(reading.summedDomains === undefined ? {} : { domains: reading.summedDomains }),
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
