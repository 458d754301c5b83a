import { describe, expect, it } from 'vitest';
import { ForeignBed } from '../../support/foreign-bed.ts';
import {
  dataSet,
  type ForeignField,
  type ForeignValue,
  float64,
  foreignMessage,
  templateSet,
} from '../../support/foreign-messages.ts';

const ends: readonly ForeignField[] = [
  ['sourceIPv4Address', 4],
  ['destinationIPv4Address', 4],
  ['octetDeltaCount', 4],
  ['packetDeltaCount', 4],
];
const from = ['192.0.2.15', '198.51.100.5', 15_000, 10] as const;

/** The flow of one record that itself tells its sampling. */
function sampledBy(fields: readonly ForeignField[], values: readonly ForeignValue[]) {
  const bed = new ForeignBed();
  const template = { id: 300, fields: [...ends, ...fields] };
  bed.receive([foreignMessage({}, templateSet(template), dataSet(template, [[...from, ...values]]))]);
  const {
    octetDeltaCount: octets,
    sampledOctetDeltaCount: sampled,
    samplingInterval: interval,
  } = bed.pass()[0]!;
  return { octets, sampled, interval, refused: bed.account().events['sampling rate refused'] };
}

describe('counters of a sample', () => {
  it.each<[string, ForeignField[], ForeignValue[], number]>([
    ['samplingInterval', [['samplingInterval', 4]], [100], 100],
    ['samplerRandomInterval', [['samplerRandomInterval', 4]], [64], 64],
    [
      'a packet interval and space',
      [
        ['samplingPacketInterval', 4],
        ['samplingPacketSpace', 4],
      ],
      [1, 99],
      100,
    ],
    [
      'a packet interval of several',
      [
        ['samplingPacketInterval', 4],
        ['samplingPacketSpace', 4],
      ],
      [10, 90],
      10,
    ],
    ['a packet interval alone', [['samplingPacketInterval', 4]], [512], 512],
    [
      'size and population',
      [
        ['samplingSize', 4],
        ['samplingPopulation', 4],
      ],
      [2, 5],
      2.5,
    ],
    ['a probability', [['samplingProbability', 8]], [float64(0.25)], 4],
  ])('are scaled by %s, and the raw ones are kept', (_, fields, values, interval) => {
    expect(sampledBy(fields, values)).toEqual({ octets: 15_000 * interval, sampled: 15_000, interval });
  });

  it.each<[string, ForeignField[], ForeignValue[]]>([
    ['2^32', [['samplingInterval', 8]], [2 ** 32]],
    ['NaN', [['samplingProbability', 8]], [float64(Number.NaN)]],
    ['less than one', [['samplingProbability', 8]], [float64(2)]],
    ['endless', [['samplingProbability', 8]], [float64(1e-300)]],
  ])('stay as they are when the rate is %s, which is counted', (_, fields, values) => {
    expect(sampledBy(fields, values)).toEqual({ octets: 15_000, refused: 1 });
  });

  it.each([0, 1])('stay as they are when the interval is %d', (interval) => {
    expect(sampledBy([['samplingInterval', 4]], [interval])).toEqual({ octets: 15_000 });
  });

  const options = (...fields: ForeignField[]) => ({ id: 512, scope: 1, fields });
  const processes = options(['exportingProcessId', 4], ['samplingInterval', 4]);

  it('are scaled by the option records of their domain from then on; earlier records are counted', () => {
    const bed = new ForeignBed();
    const template = { id: 300, fields: ends };
    const record = dataSet(template, [from]);
    bed.receive([
      foreignMessage({ sequence: 0 }, templateSet(template), templateSet(processes), record),
      foreignMessage({ sequence: 1 }, dataSet(processes, [[1, 1000]]), record),
      foreignMessage({ sequence: 3 }, dataSet(processes, [[1, 2000]]), record),
      foreignMessage({ sequence: 5 }, dataSet(processes, [[1, 2 ** 31]]), record),
    ]);
    expect(
      bed.collected.map(({ octetDeltaCount, samplingInterval }) => [octetDeltaCount, samplingInterval]),
    ).toEqual([
      [15_000, undefined],
      [15_000_000, 1000],
      [30_000_000, 2000],
      [30_000_000, 2000],
    ]);
    expect(bed.account().events).toMatchObject({
      'without sampling rate': 1,
      'scaled by sampling': 3,
      'sampling rate refused': 1,
    });
    expect(bed.pass()).toMatchObject([{ octetDeltaCount: 75_015_000, sampledOctetDeltaCount: 45_000 }]);
  });

  it.each(['selectorId', 'samplerId'])('are scaled by the rate of their %s', (selector) => {
    const bed = new ForeignBed();
    const template = { id: 300, fields: [...ends, [selector, 1]] as const };
    const rates = options([selector, 1], ['samplerRandomInterval', 4]);
    bed.receive([
      foreignMessage(
        {},
        templateSet(rates),
        templateSet(template),
        dataSet(rates, [
          [1, 10],
          [2, 20],
        ]),
        dataSet(template, [
          [...from, 2],
          [...from, 1],
          [...from, 3],
        ]),
      ),
    ]);
    expect(bed.collected.map(({ octetDeltaCount }) => octetDeltaCount)).toEqual([300_000, 150_000, 15_000]);
  });

  it('stay as they are, counted, when no rate exists for their selector (PSAMP)', () => {
    const bed = new ForeignBed();
    const template = { id: 300, fields: [...ends, ['selectorId', 2]] as const };
    const rates = options(['selectorId', 8], ['samplingPacketInterval', 4], ['samplingPacketSpace', 4]);
    bed.receive([
      foreignMessage(
        {},
        templateSet(rates),
        templateSet(template),
        dataSet(rates, [
          [71, 1, 99],
          [81, 1, 9],
        ]),
        dataSet(template, [
          [...from, 71],
          [...from, 81],
          [...from, 99],
        ]),
      ),
    ]);
    expect(bed.collected.map(({ octetDeltaCount }) => octetDeltaCount)).toEqual([1_500_000, 150_000, 15_000]);
    expect(bed.account().events).toMatchObject({ 'scaled by sampling': 2, 'without sampling rate': 1 });
  });

  it.each(['ingressInterface', 'egressInterface'])('are scaled by the rate of their %s', (place) => {
    const bed = new ForeignBed();
    const template = { id: 300, fields: [...ends, [place, 4]] as const };
    const rates = options([place, 4], ['samplingInterval', 4]);
    const record = (number: number) => dataSet(template, [[...from, number]]);
    bed.receive([
      foreignMessage(
        {},
        templateSet(rates),
        templateSet(template),
        dataSet(rates, [
          [1, 10],
          [2, 100],
        ]),
        record(1),
        record(2),
        record(3),
      ),
      foreignMessage({ sequence: 5 }, templateSet(processes), dataSet(processes, [[1, 5]]), record(3)),
    ]);
    expect(bed.collected.map(({ octetDeltaCount }) => octetDeltaCount)).toEqual([
      150_000, 1_500_000, 15_000, 75_000,
    ]);
  });

  it('are not scaled by a rate beyond those of 64 interfaces, which is counted', () => {
    const bed = new ForeignBed();
    const template = { id: 300, fields: [...ends, ['ingressInterface', 4]] as const };
    const rates = options(['ingressInterface', 4], ['samplingInterval', 4]);
    const stated = Array.from({ length: 65 }, (_, i) => [i + 1, 10]);
    bed.receive([
      foreignMessage(
        {},
        templateSet(rates),
        templateSet(template),
        dataSet(rates, stated),
        dataSet(template, [
          [...from, 64],
          [...from, 65],
        ]),
      ),
    ]);
    expect(bed.collected.map(({ octetDeltaCount }) => octetDeltaCount)).toEqual([150_000, 15_000]);
    expect(bed.account().events['sampling rate refused']).toBe(1);
  });

  it('use the rate of all selectors when a record names none, and none when rates differ', () => {
    const bed = new ForeignBed();
    const template = { id: 300, fields: ends };
    const rates = options(['selectorId', 2], ['samplingPacketInterval', 4], ['samplingPacketSpace', 4]);
    const record = dataSet(template, [from]);
    bed.receive([
      foreignMessage(
        {},
        templateSet(rates),
        templateSet(template),
        dataSet(rates, [
          [1, 1, 9],
          [2, 1, 9],
        ]),
        record,
      ),
      foreignMessage({ sequence: 3 }, dataSet(rates, [[2, 1, 19]]), record),
    ]);
    expect(bed.collected.map(({ octetDeltaCount }) => octetDeltaCount)).toEqual([150_000, 15_000]);
  });

  it('ignore rates of other domains and exporters, except those of domain 0, which means all domains', () => {
    const bed = new ForeignBed();
    const template = { id: 300, fields: ends };
    const announce = [templateSet(processes), templateSet(template)];
    const record = dataSet(template, [from]);
    const rate = (interval: number) => dataSet(processes, [[1, interval]]);
    bed.receive([
      foreignMessage({ domain: 1 }, ...announce, rate(10), record),
      foreignMessage({ domain: 2 }, ...announce, record),
      foreignMessage({ domain: 0 }, ...announce, rate(30)),
      foreignMessage({ domain: 2, sequence: 1 }, record),
    ]);
    bed.receive([foreignMessage({ domain: 1 }, ...announce, record)], '192.0.2.2:4739');
    const octets = bed.collected.map(({ octetDeltaCount }) => octetDeltaCount);
    expect(octets).toEqual([150_000, 15_000, 450_000, 15_000]);
  });

  it('are scaled by a rate whose scope names the domain', () => {
    const bed = new ForeignBed();
    const template = { id: 300, fields: ends };
    const rates = options(['observationDomainId', 4], ['samplingInterval', 4]);
    bed.receive([
      foreignMessage({ domain: 9 }, templateSet(rates), dataSet(rates, [[7, 50]])),
      foreignMessage({ domain: 7 }, templateSet(template), dataSet(template, [from])),
    ]);
    expect(bed.collected).toMatchObject([{ octetDeltaCount: 750_000, packetDeltaCount: 500 }]);
  });

  it('are reported as sampled once per report', () => {
    const bed = new ForeignBed({ activeTimeoutMs: 1_000 });
    const template = { id: 300, fields: [...ends, ['samplingInterval', 4]] as const };
    const record = dataSet(template, [[...from, 100]]);
    bed.receive([foreignMessage({}, templateSet(template), record)]);
    const first = bed.pass();
    bed.receive([foreignMessage({ sequence: 1, exportTime: 1_767_225_610 }, record)]);
    expect([...first, ...bed.pass()]).toMatchObject([
      { octetDeltaCount: 1_500_000, sampledOctetDeltaCount: 15_000, sampledPacketDeltaCount: 10 },
      { octetDeltaCount: 1_500_000, sampledOctetDeltaCount: 15_000, sampledPacketDeltaCount: 10 },
    ]);
  });
});

describe('flow records of a selection sequence (PSAMP)', () => {
  const flows = { id: 300, fields: [...ends, ['selectionSequenceId', 8]] as const };
  /** Sequences of two selectors, and of one. */
  const pairs = {
    id: 500,
    scope: 1,
    fields: [
      ['selectionSequenceId', 8],
      ['observationPointId', 4],
      ['selectorId', 2],
      ['selectorId', 2],
    ] as const,
  };
  const single = {
    id: 501,
    scope: 1,
    fields: [
      ['selectionSequenceId', 8],
      ['selectorId', 2],
    ] as const,
  };
  const selector = (id: number, ...fields: ForeignField[]) => ({
    id,
    scope: 1,
    fields: [['selectorId', 2], ['selectorAlgorithm', 2], ...fields] as const,
  });
  const systematic = selector(502, ['samplingPacketInterval', 4], ['samplingPacketSpace', 4]);
  const timed = selector(503, ['samplingTimeInterval', 4], ['samplingTimeSpace', 4]);
  const random = selector(504, ['samplingSize', 4], ['samplingPopulation', 4]);
  const uniform = selector(505, ['samplingProbability', 8]);
  const filter = selector(506, ['protocolIdentifier', 1]);
  const ranges: ForeignField[] = ['Output', 'Selected'].flatMap((kind) => [
    [`hash${kind}RangeMin`, 8],
    [`hash${kind}RangeMax`, 8],
  ]);
  const hash = selector(507, ...ranges);
  const reports = foreignMessage(
    {},
    ...[systematic, timed, random, uniform, filter, hash].map(templateSet),
    dataSet(systematic, [[1, 1, 1, 9]]),
    dataSet(timed, [[2, 2, 1_000, 3_000]]),
    dataSet(random, [[3, 3, 2, 10]]),
    dataSet(uniform, [[4, 4, float64(0.5)]]),
    dataSet(filter, [[5, 5, 6]]),
    dataSet(hash, [[6, 6, 0, 0xffff, 0, 0x0fff]]),
  );
  const intervalsOf = (bed: ForeignBed) => bed.collected.map(({ samplingInterval }) => samplingInterval);
  const flowsOf = (...sequences: number[]) =>
    foreignMessage(
      {},
      templateSet(flows),
      dataSet(
        flows,
        sequences.map((sequence) => [...from, sequence]),
      ),
    );

  it.each([
    ['one of ten, then a half', [1, 4], 20],
    ['a quarter of the time', [2], 4],
    ['two of ten', [3], 5],
    ['a filter, then one of ten', [5, 1], 10],
    ['a part of the hash values', [6], 16],
  ])('have the product of its selectors: %s', (_, selectors, expected) => {
    const bed = new ForeignBed();
    const sequence =
      selectors.length === 1
        ? dataSet(single, [[77, ...selectors]])
        : dataSet(pairs, [[77, 1, ...selectors]]);
    bed.receive([
      reports,
      foreignMessage({}, templateSet(pairs), templateSet(single), sequence),
      flowsOf(77),
    ]);
    expect(bed.collected).toMatchObject([
      { samplingInterval: expected, octetDeltaCount: 15_000 * expected, sampledOctetDeltaCount: 15_000 },
    ]);
  });

  it('are counted unscaled until all selectors of it are known, in any order of the reports', () => {
    const bed = new ForeignBed();
    bed.receive([
      foreignMessage({}, templateSet(pairs), dataSet(pairs, [[77, 1, 1, 4]])),
      foreignMessage({}, templateSet(systematic), dataSet(systematic, [[1, 1, 1, 9]])),
      flowsOf(77),
      reports,
      foreignMessage({ sequence: 9 }, dataSet(flows, [[...from, 77]])),
    ]);
    expect(intervalsOf(bed)).toEqual([undefined, 20]);
    expect(bed.account().events).toMatchObject({ 'without sampling rate': 1, 'scaled by sampling': 1 });
  });

  it('have the rate of their domain if the sequence is unknown', () => {
    const bed = new ForeignBed();
    const domain = {
      id: 510,
      scope: 1,
      fields: [
        ['exportingProcessId', 4],
        ['samplingInterval', 4],
      ] as const,
    };
    bed.receive([foreignMessage({}, templateSet(domain), dataSet(domain, [[1, 50]])), flowsOf(78)]);
    expect(intervalsOf(bed)).toEqual([50]);
  });

  it('stay as they are when nothing is left out', () => {
    const bed = new ForeignBed();
    bed.receive([reports, foreignMessage({}, templateSet(single), dataSet(single, [[77, 5]])), flowsOf(77)]);
    expect(intervalsOf(bed)).toEqual([undefined]);
    expect(bed.account().events['without sampling rate']).toBeUndefined();
  });

  it('have no rate beyond the greatest one', () => {
    const bed = new ForeignBed();
    bed.receive([
      foreignMessage(
        {},
        templateSet(random),
        dataSet(random, [
          [1, 3, 1, 2 ** 20],
          [2, 3, 1, 2 ** 20],
        ]),
      ),
      foreignMessage({}, templateSet(pairs), dataSet(pairs, [[77, 1, 1, 2]])),
      flowsOf(77),
    ]);
    expect(intervalsOf(bed)).toEqual([undefined]);
    expect(bed.account().events).toMatchObject({ 'without sampling rate': 1 });
  });

  it('are bounded in number; further sequences are refused and counted', () => {
    const bed = new ForeignBed();
    const sequences = Array.from({ length: 100 }, (_, i) => [i, 1]);
    bed.receive([
      reports,
      foreignMessage({}, templateSet(single), dataSet(single, sequences)),
      flowsOf(63, 64),
    ]);
    expect(bed.account().events['sampling rate refused']).toBe(36);
    expect(intervalsOf(bed)[0]).toBe(10);
  });
});
