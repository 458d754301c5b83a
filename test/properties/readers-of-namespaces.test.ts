import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiDocument } from '../../src/api/index.ts';
import {
  batchOf,
  conditionOfWords,
  type EventsAnswer,
  type FilterWords,
  type FlowRecord,
  fieldNames,
  parseCondition,
} from '../../src/flow/index.ts';
import type { QueryAnswer } from '../../src/query/index.ts';
import { expectCounted } from '../support/expected-answer.ts';
import { passing } from '../support/expected-totals.ts';
import { anyMadeFlow, recordOf } from '../support/made-ends.ts';
import { recordOfLine } from '../support/naive-answer.ts';
import { naiveDimensions } from '../support/naive-totals.ts';
import { doors, type ReaderName, ReadersBed, readerNames, type Visit } from '../support/readers-bed.ts';
import { until } from '../support/until.ts';

/*
 * Random questions of readers with different rights, through the API and through a console, to an aggregator
 * with flows of every kind of end. A model that is written after docs/how-to/access.md knows what each sees.
 */

const QUESTIONS = 80;
const HOSTILE_QUESTIONS = 80;
const HOUR_MS = 3_600_000;

const bed = new ReadersBed();
beforeAll(() => bed.start());
afterAll(() => bed[Symbol.asyncDispose]());

type Question = (visit: Visit) => Promise<void>;

const anyVisit = fc.record({ reader: fc.constantFrom(...readerNames), door: fc.constantFrom(...doors) });

/** Conditions, most of them about what some may not see. */
const anyWhere = fc.constantFrom(
  '',
  'sourceNamespace=ns-birch',
  'destinationPod="ns-birch/pod-birch-1" or sourcePod="ns-amber/pod-amber-1"',
  'not destinationPod exists',
  'not sourceNode=node-dune',
  'source=10.20.1.1 or destination=10.20.1.2',
  'namespace!=ns-amber',
  'service exists or destinationWorkload exists',
  'not (ingressPolicy="ns-birch/policy-birch" or egressPolicy exists)',
  'sourceRange exists or sourceNode=entry-1',
  'destinationPort=443 and not verdict=Drop',
);

const anyWords = fc.constantFrom<FilterWords>(
  {},
  {},
  { src: ['ns-birch/pod-birch-1', '10.20.0.1'] },
  { peer: ['!10.20.1.0/24'] },
  { peer: ['svc:ns-cedar/service-cedar-1'] },
  { node: ['node-birch'] },
  { policy: ['policy-birch'] },
  { 'min-octets': ['900GB'] },
  { namespace: ['ns-amber', 'ns-cedar'] },
  { namespace: ['ns-dune'] },
  { namespace: ['!ns-birch'] },
);

type ParameterValue = string | number | readonly string[] | undefined;

function searchOf(parameters: Readonly<Record<string, ParameterValue>>): string {
  const texts = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined || value === ''
      ? []
      : [value].flat().map((one): [string, string] => [name, String(one)]),
  );
  return new URLSearchParams(texts).toString();
}

/** A reader who names only namespaces that he may not know gets a refusal. */
function mayName(reader: ReaderName, namespaces: readonly string[] = []): boolean {
  const { readable, identified } = bed.rightsOf(reader);
  const named = namespaces.filter((name) => !name.startsWith('!'));
  return named.length === 0 || ['*', ...named].some((name) => [...readable, ...identified].includes(name));
}

const recordsShownTo = (reader: ReaderName): FlowRecord[] => bed.shownTo(reader).map(({ record }) => record);

const recordsIn = (lines: string): FlowRecord[] => lines.split('\n').filter(Boolean).map(recordOfLine);

/** Records of the window, or of the history. */
const anyListing = fc
  .record({
    words: anyWords,
    where: anyWhere,
    last: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined, freq: 1 }),
    since: fc.constantFrom(undefined, '30d'),
  })
  .map(
    ({ words, where, last, since }): Question =>
      async (visit) => {
        const { status, text } = await bed.ask(visit, `/flows?${searchOf({ ...words, where, last, since })}`);
        expect(status, text).toBe(mayName(visit.reader, words.namespace) ? 200 : 403);
        if (status === 403) return;
        const shown = passing(recordsShownTo(visit.reader), conditionOfWords(words));
        const found = passing(shown, parseCondition(where));
        const told = recordsIn(text).map(({ flowEndMilliseconds: _, ...record }) => record);
        expect(told).toEqual(found.slice(last === undefined ? 0 : Math.max(0, found.length - last)));
      },
  );

/** Flows of the table. */
const anyTable = fc
  .record(
    {
      srcip: fc.constantFrom('10.20.1.1', '10.20.0.2', '198.51.100.1', '10.99.0.1'),
      dstip: fc.constantFrom('10.20.1.2', '10.96.1.1', '10.20.2.1'),
      dstport: fc.constantFrom(443, 53),
      proto: fc.constantFrom(6, 17),
    },
    { requiredKeys: [] },
  )
  .map(
    (tuple): Question =>
      async (visit) => {
        const { status, text } = await bed.ask(visit, `/flowrecords?${searchOf(tuple)}`);
        expect(status, text).toBe(200);
        const { srcip, dstip, dstport, proto } = tuple;
        const expected = recordsShownTo(visit.reader).filter(
          (record) =>
            (srcip === undefined || record.sourceIP === srcip) &&
            (dstip === undefined || [record.destinationIP, record.destinationServiceIP].includes(dstip)) &&
            (dstport === undefined || record.destinationTransportPort === dstport) &&
            (proto === undefined || record.protocolIdentifier === proto),
        );
        const maps = JSON.parse(text) as Record<string, string | number>[];
        expect(maps).toHaveLength(expected.length);
        for (const [number, map] of maps.entries()) expectMapOf(map, expected[number]!);
      },
  );

/** Its keys are names of fields, and others for addresses. Each has a value for "none". */
function expectMapOf(map: Readonly<Record<string, string | number>>, record: FlowRecord): void {
  for (const name of fieldNames.filter((name) => Object.hasOwn(map, name)))
    expect(map[name], name).toBe(record[name] ?? (typeof map[name] === 'number' ? 0 : ''));
  const { sourceIP = '', destinationIP = '', destinationServiceIP = '' } = record;
  expect(map).toMatchObject({
    ...{ sourceIPv4Address: sourceIP, destinationIPv4Address: destinationIP },
    ...{ destinationServiceIPv4: destinationServiceIP, destinationClusterIPv4: destinationServiceIP },
  });
}

/** Sums of the past, in a body or in an address. */
const anyCount = fc
  .record({
    from: fc.constantFrom('6h', '2h', '130m', '30m'),
    where: anyWhere,
    by: fc.uniqueArray(
      fc.constantFrom(
        ...(['source', 'destination', 'sourceNamespace', 'destinationNamespace', 'service'] as const),
        ...(['sourceWorkload', 'destinationNode', 'sourceRange', 'ingressPolicy', 'flowType'] as const),
      ),
      { maxLength: 3 },
    ),
    measures: fc.constantFrom(['octets'], ['records', 'sentOctets'], ['flows', 'packets']),
    top: fc.integer({ min: 1, max: 8 }),
    step: fc.constantFrom(undefined, undefined, '13m', '1h'),
    compare: fc.constantFrom(undefined, undefined, 'previous'),
    isBody: fc.boolean(),
  })
  .map(
    ({ isBody, ...question }): Question =>
      async (visit) => {
        const { by, measures, ...rest } = question;
        const search = searchOf({ ...rest, by: by.join(), measures: measures.join() });
        const { status, text } = isBody
          ? await bed.ask(visit, '/query', JSON.stringify(question))
          : await bed.ask(visit, `/query?${search}`);
        expect(status, text).toBe(200);
        const answer = JSON.parse(text) as QueryAnswer;
        expectCounted(answer, bed.shownTo(visit.reader), question, bed.server.clock.now());
        if (visit.reader === 'admin') return;
        expect(answer.coverage.unreadableRecords).toBe(0);
        expect(answer.coverage).not.toHaveProperty('rows');
        expect(answer.coverage).not.toHaveProperty('files');
      },
  );

/** What completes a filter. */
const anyCompletion = fc
  .record({
    dimension: fc.constantFrom(
      ...(['source', 'destinationPod', 'sourceNamespace', 'destinationNamespace', 'service'] as const),
      ...(['sourceNode', 'destinationAddress', 'ingressPolicy', 'sourceRange', 'egressRule'] as const),
    ),
    prefix: fc.constantFrom('', '', 'ns-', 'NS-B', '10.', 'node-dune'),
  })
  .map(
    ({ dimension, prefix }): Question =>
      async (visit) => {
        const { status, text } = await bed.ask(visit, `/query/values?${searchOf({ dimension, prefix })}`);
        expect(status, text).toBe(200);
        const { values } = JSON.parse(text) as { values: string[] };
        const known = new Set(
          bed
            .shownTo(visit.reader)
            .filter(({ timeMs }) => timeMs >= bed.server.clock.now() - HOUR_MS)
            .map(({ record }) => naiveDimensions[dimension](record))
            .filter((value) => value?.toLowerCase().startsWith(prefix.toLowerCase())),
        );
        expect(new Set(values).size).toBe(Math.min(20, known.size));
        expect(values.filter((value) => !known.has(value))).toEqual([]);
      },
  );

/** Events of the objects in a namespace. */
const anyEvents = fc
  .record({
    search: fc.constantFrom('', 'happened', 'happened-birch', 'OOMKilled', 'pod-amber'),
    namespace: fc.constantFrom(undefined, undefined, 'ns-amber', 'ns-birch', 'ns-am', 'ns-dune'),
    limit: fc.constantFrom(undefined, 1, 3),
  })
  .map(
    ({ search, namespace, limit }): Question =>
      async (visit) => {
        const path = `/events?${searchOf({ since: '30d', search, namespace, limit })}`;
        const { status, text } = await bed.ask(visit, path);
        const named = namespace === undefined ? [] : [namespace];
        expect(status, text).toBe(mayName(visit.reader, named) ? 200 : 403);
        if (status === 403) return;
        const expected = bed
          .eventsShownTo(visit.reader)
          .filter(({ names }) => namespace === undefined || names.sourcePodNamespace === namespace)
          .filter((event) => JSON.stringify(event).toLowerCase().includes(search.toLowerCase()));
        const { events, isCut } = JSON.parse(text) as EventsAnswer;
        expect(events).toEqual(expected.slice(limit === undefined ? 0 : -limit));
        expect(isCut).toBe(events.length < expected.length);
      },
  );

const anyQuestion = fc.oneof(anyListing, anyTable, anyCount, anyCompletion, anyEvents);

const hostileTexts = [
  "' OR '1'='1",
  "ns-birch'; DROP TABLE flows; --",
  'ns-birch" or sourcePod exists or "',
  '%27%20UNION%20SELECT%20*',
  '__proto__',
  'constructor',
  '*',
  '!ns-amber',
  '!!ns-birch',
  '-1',
  '1e309',
  'NaN',
  '\u0000',
  '\u202e\u0007\n',
  '🦑'.repeat(200),
  '('.repeat(300),
  'not '.repeat(200),
  'a,b,c,d,e,f',
  '../../events',
  '10.20.1.1/0',
  '::ffff:10.20.1.1',
];

/** What a path answers nothing without. */
const needed: Readonly<Record<string, string>> = {
  '/query': 'from=1h',
  '/query/values': 'dimension=sourceNamespace',
};

describe('what a reader of some namespaces sees', () => {
  it('is exactly what he may, for any question to the API or the console', async () => {
    for (const reader of ['amber', 'birch', 'cedar'] as const) {
      expect(recordsShownTo(reader).length, reader).toBeGreaterThan(20);
      expect(bed.secretsFrom(reader).length, reader).toBeGreaterThan(50);
    }
    await fc.assert(
      fc.asyncProperty(anyVisit, anyQuestion, (visit, question) => question(visit)),
      { numRuns: QUESTIONS, endOnFailure: true },
    );
  });

  it('has no secret either when a value of a described parameter is hostile', async () => {
    const described = Object.entries(apiDocument('cluster').paths).flatMap(([path, { get }]) =>
      (get?.parameters ?? []).map(({ name }) => ({ path, name })),
    );
    expect(described.length).toBeGreaterThan(25);
    const anyHostile = fc.record({
      parameter: fc.constantFrom(...described.filter(({ name }) => name !== 'follow')),
      text: fc.oneof(
        fc.constantFrom(...hostileTexts),
        fc.constantFrom(...bed.secretsFrom('amber')).map((text) => `${text}' or "`),
        fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.toWellFormed()),
      ),
      isTwice: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(anyVisit, anyHostile, async (visit, { parameter, text, isTwice }) => {
        const { path, name } = parameter;
        const parameters = new URLSearchParams(needed[path]);
        parameters.set(name, text);
        if (isTwice) parameters.append(name, text);
        const { status } = await bed.ask(visit, `${path}?${parameters}`);
        expect([200, 400, 403, 414, 431], `${path}?${parameters}`).toContain(status);
      }),
      { numRuns: HOSTILE_QUESTIONS, endOnFailure: true },
    );
  });

  it('does not come by a path for operators, nor without the own token', async () => {
    const visit = { reader: 'cedar', door: 'api' } as const;
    for (const path of ['ledger', 'metrics', 'exporters', 'recordmetrics', 'flowcollectors', 'loglevel'])
      expect((await bed.ask(visit, `/${path}`)).status, path).toBe(403);
    expect((await bed.ask(visit, '/alerts', '{}')).status).toBe(403);
    for (const path of ['/flows', '/flowrecords', '/query?from=1h', '/events', '/query/values'])
      for (const door of doors) {
        const { url } = bed.entrance({ reader: 'amber', door });
        const { headers } = bed.entrance({ reader: 'birch', door: 'console' });
        expect((await fetch(url + path)).status, path).toBe(401);
        expect((await fetch(url + path, { headers })).status, path).toBe(401);
      }
  });

  it('is the same live', async () => {
    const later = fc.sample(anyMadeFlow, { numRuns: 60, seed: 60 });
    const expectedOf = (reader: ReaderName, where: string) =>
      passing(
        bed.shownTo(reader, later).map(({ record }) => record),
        parseCondition(where),
      );
    const left = new AbortController();
    const asked = readerNames.flatMap((reader) =>
      ['', 'not destinationPod exists', 'sourceNamespace=ns-birch'].flatMap((where) =>
        doors.map((door) => ({ reader, where, door })),
      ),
    );
    const streams = await Promise.all(
      asked.map(async ({ where, ...visit }) => {
        const { url, headers } = bed.entrance(visit);
        const path = `/flows?${searchOf({ follow: 'true', last: 0, where })}`;
        const answer = await fetch(url + path, { headers, signal: left.signal });
        expect(answer.status).toBe(200);
        const stream = {
          text: '',
          expected: expectedOf(visit.reader, where),
          name: `${visit.reader} ${path}`,
        };
        const readAll = async () => {
          for await (const part of answer.body!) stream.text += Buffer.from(part).toString();
        };
        readAll().catch(() => {});
        return stream;
      }),
    );
    for (let from = 0; from < later.length; from += 20)
      bed.server.recent.write(batchOf(later.slice(from, from + 20).map(recordOf)));
    await until('each stream has as many records as its reader may see', () =>
      streams.every(({ text, expected }) => text.split('\n').length > expected.length),
    );
    for (const { text, expected, name } of streams) expect(recordsIn(text), name).toEqual(expected);
    left.abort();
  });
});
