import { describe, expect, it } from 'vitest';
import {
  type EnrichableField,
  type FlowEnricher,
  FlowType,
  Observer,
  RepeatedName,
} from '../../src/flow/index.ts';
import { RecordingTally } from './recording-tally.ts';
import { counts, TestBed } from './test-bed.ts';

type Values = { readonly [F in EnrichableField]?: string | number };

/** Gives each flow these values. */
const namer = (name: string, values: Values, fills = Object.keys(values) as EnrichableField[]) =>
  ({
    name,
    fills,
    enrich(_flows, from, to, filler) {
      for (let row = from; row < to; row++) {
        for (const [field, value] of Object.entries(values)) {
          filler.fill(field as EnrichableField, row, value);
        }
      }
    },
  }) satisfies FlowEnricher;

const bedOf = (...enrichers: FlowEnricher[]) => new TestBed({}, undefined, undefined, enrichers);

/** What is reported of one flow to an external address. */
function reportOf(...enrichers: FlowEnricher[]) {
  const bed = bedOf(...enrichers);
  bed.send(bed.source({ flowType: FlowType.toExternal }));
  const [record, ...others] = bed.pass(1_000);
  expect(others).toEqual([]);
  return { record: record!, events: bed.flows.events };
}

describe('enrichers', () => {
  it('fill empty columns in their order, and keep values of a node or of an earlier enricher', () => {
    const { record, events } = reportOf(
      namer('first', { destinationPodName: 'by-first', sourcePodName: 'other' }),
      namer('second', { destinationPodName: 'by-second', egressName: 'by-second', flowType: 2 }),
    );
    expect(record).toMatchObject({
      sourcePodName: 'client',
      destinationPodName: 'by-first',
      egressName: 'by-second',
      flowType: FlowType.toExternal,
    });
    expect(events).toEqual({});
  });

  it('see all known values: addresses, counters, and what earlier enrichers filled', () => {
    const seen: unknown[] = [];
    reportOf(namer('first', { destinationPodName: 'server' }), {
      name: 'reader',
      fills: [],
      enrich({ columns, dictionary }, row) {
        seen.push(dictionary.text(columns.destinationPodName[row]!), columns.octetDeltaCount[row]);
      },
    });
    expect(seen).toEqual(['server', 1_000]);
  });

  it('lose only their own names when they throw, and are counted by name', () => {
    const broken = { ...namer('broken', { egressName: 'x' }), enrich: () => JSON.parse('{') };
    const { record, events } = reportOf(broken, namer('whole', { destinationPodName: 'server' }));
    expect(record).toMatchObject({ destinationPodName: 'server', ...counts(1_000, 10, 500, 5) });
    expect(record).not.toHaveProperty('egressName');
    expect(events).toEqual({ 'enrichment failed: broken': 1 });
  });

  it('name the other records of a sweep when one makes them throw', () => {
    const picky: FlowEnricher = {
      name: 'picky',
      fills: ['egressName'],
      enrich({ columns }, from, to, filler) {
        for (let row = from; row < to; row++) {
          if (columns.sourceTransportPort[row] === 2) throw new Error('not that');
          filler.fill('egressName', row, 'x');
        }
      },
    };
    const bed = bedOf(picky);
    for (const port of [1, 2, 3])
      bed.send(bed.source({ flowType: FlowType.toExternal, sourceTransportPort: port, flowId: port }));
    const records = bed.pass(1_000);
    expect(records.map(({ egressName }) => egressName)).toEqual(['x', undefined, 'x']);
    expect(bed.flows.events).toEqual({ 'enrichment failed: picky': 1 });
  });

  it('fill the texts of a group by ids, and keep values that are there', () => {
    const grouping: FlowEnricher = {
      name: 'grouping',
      fills: ['sourcePodName', 'egressName', 'egressNodeName'],
      groups: [['sourcePodName', 'egressName', 'egressNodeName']],
      enrich(_flows, from, to, filler) {
        const ids = Uint32Array.from(['a', 'b', 'c'], (text) => filler.idOf(new RepeatedName(text)));
        for (let row = from; row < to; row++) filler.fillGroup(0, row, ids, 0);
      },
    };
    const { record } = reportOf(grouping);
    expect(record).toMatchObject({ sourcePodName: 'client', egressName: 'b', egressNodeName: 'c' });
    const misplaced = { ...grouping, groups: [['flowType'] as const] };
    expect(() => bedOf(misplaced)).toThrow(
      'enricher grouping: expected a group of its texts, found flowType',
    );
  });

  it('cannot fill a name of more octets than a collected one may have', () => {
    const names = { sourcePodLabels: 'ü'.repeat(2_049), destinationPodName: 'ü'.repeat(2_048) };
    const { record, events } = reportOf(
      namer('long', { sourcePodLabels: names.sourcePodLabels }),
      namer('just', { destinationPodName: names.destinationPodName }),
    );
    expect(record).not.toHaveProperty('sourcePodLabels');
    expect(record).toHaveProperty('destinationPodName', names.destinationPodName);
    expect(events).toEqual({ 'enrichment failed: long': 1 });
  });

  it('cannot fill undeclared fields or other rows', () => {
    const beyond = namer('beyond', { egressName: 'x', destinationPodName: 'y' }, ['egressName']);
    const astray: FlowEnricher = {
      ...namer('astray', { sourcePodLabels: '{}' }),
      enrich: (_flows, from, _to, filler) => filler.fill('sourcePodLabels', from + 1, '{}'),
    };
    const { record, events } = reportOf(beyond, astray);
    expect(record).toHaveProperty('egressName', 'x');
    expect(record).not.toHaveProperty('destinationPodName');
    expect(record).not.toHaveProperty('sourcePodLabels');
    expect(events).toEqual({ 'enrichment failed: beyond': 1, 'enrichment failed: astray': 1 });
  });

  it.each<[EnrichableField, string | number]>([
    ['egressName', 3],
    ['flowType', 'x'],
    ['flowType', 256],
    ['flowType', -1],
    ['flowType', 1.5],
    ['flowType', Number.NaN],
  ])('cannot fill %s with %s: it would be another value', (field, value) => {
    const bed = bedOf(namer('mistaken', { [field]: value }));
    bed.send(bed.source({ flowType: FlowType.unspecified, observationPointId: Observer.neither }));
    const [record] = bed.pass(1_000);
    expect(record).not.toHaveProperty(field);
    expect(bed.flows.events).toEqual({ 'enrichment failed: mistaken': 1 });
  });

  it('are refused if they would fill a counter or an address', () => {
    const forbidden = namer('counting', {}, ['octetDeltaCount' as EnrichableField]);
    expect(() => bedOf(forbidden)).toThrow('enricher counting: expected fields that may be enriched');
  });
});

describe('a flow that gets a name after its first report', () => {
  const late: Values[] = [];
  const lateNamer: FlowEnricher = {
    name: 'late',
    fills: ['destinationPodName', 'destinationNodeName'],
    enrich(_flows, from, _to, filler) {
      for (const [field, value] of Object.entries(late[0] ?? {})) {
        filler.fill(field as EnrichableField, from, value);
      }
    },
  };

  it('has the name from its next record, and stays the same flow of the same node', () => {
    const tally = new RecordingTally();
    const bed = new TestBed({}, tally, undefined, [lateNamer]);
    late.length = 0;
    const start = bed.now - 1_000;
    bed.send(bed.source({ flowType: FlowType.toExternal }));
    expect(bed.pass(1_000)[0]).not.toHaveProperty('destinationPodName');
    late.push({ destinationPodName: 'server', destinationNodeName: 'node-b' });
    for (const octets of [3_000, 4_000]) {
      const deltas = [octets === 3_000 ? 2_000 : 1_000, 0, 0, 0];
      bed.send(
        bed.source({
          flowType: FlowType.toExternal,
          flowStartMilliseconds: start,
          ...counts(octets, 10, 500, 5, deltas),
        }),
      );
      const [record, ...others] = bed.pass(60_000);
      expect(others).toEqual([]);
      expect(record).toMatchObject({
        destinationPodName: 'server',
        octetDeltaCount: deltas[0],
        octetTotalCountFromSourceNode: octets,
      });
      expect(record).not.toHaveProperty('octetTotalCountFromDestinationNode');
    }
    expect(tally.flows.map(({ counted }) => counted[0])).toEqual([4_000]);
    expect(bed.flows.received).toBe(1);
  });
});

it('joins two halves even if an enricher names both ends of the first before the second arrives', () => {
  const names: Values = { destinationPodName: 'server', destinationNodeName: 'node-b' };
  const bed = bedOf(namer('all', names));
  bed.send(bed.source());
  expect(bed.pass(11_000)).toMatchObject([names]);
  bed.send(bed.destination({ flowStartMilliseconds: bed.now - 12_000 }));
  expect(bed.pass(1_000)).toHaveLength(1);
  expect(bed.flows.events).toEqual({ uncorrelated: 1, 'correlated late': 1 });
});
