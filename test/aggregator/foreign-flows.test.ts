import { describe, expect, it } from 'vitest';
import { type PrintedFormat, recordPrinter } from '../../src/cli/text/index.ts';
import { recordToJson } from '../../src/flow/index.ts';
import { ForeignBed } from '../support/foreign-bed.ts';
import {
  dataSet,
  flowEnds as ends,
  exportTime,
  type ForeignField,
  type ForeignValue,
  foreignMessage,
  templateSet,
} from '../support/foreign-messages.ts';

const T = exportTime * 1000;
const from = ['192.0.2.13', '198.51.100.5', 40_003, 443, 6] as const;

/** Records of one flow with these fields beside its ends, each row in a message of its own. */
function receive(fields: readonly ForeignField[], rows: readonly (readonly ForeignValue[])[]) {
  const bed = new ForeignBed();
  const template = { id: 300, fields: [...ends, ...fields] };
  bed.receive([
    foreignMessage({}, templateSet(template)),
    ...rows.map((row, sequence) => foreignMessage({ sequence }, dataSet(template, [[...from, ...row]]))),
  ]);
  return bed;
}

describe('deltas of a foreign exporter', () => {
  const deltas: readonly ForeignField[] = [
    ['octetDeltaCount', 4],
    ['packetDeltaCount', 4],
  ];

  it('all count when records contain no times', () => {
    const bed = receive(deltas, [
      [1_000, 10],
      [2_000, 20],
      [4_000, 40],
    ]);
    expect(bed.pass()).toMatchObject([{ octetDeltaCount: 7_000, packetDeltaCount: 70 }]);
    expect(bed.account('aggregator')).toMatchObject({ received: 3, sent: 3, dropped: {} });
  });

  it('all count when records have the same times, even if they are equal', () => {
    const fields = [...deltas, ['flowStartSeconds', 4], ['flowEndSeconds', 4]] as const;
    const times = [exportTime - 1, exportTime - 1];
    const bed = receive(fields, [
      [1_000, 1, ...times],
      [500, 1, ...times],
      [500, 1, ...times],
    ]);
    expect(bed.pass()).toMatchObject([{ octetDeltaCount: 2_000, packetDeltaCount: 3 }]);
  });

  it('count for one flow when each record has its own start, in any order', () => {
    const fields = [...deltas, ['flowStartMilliseconds', 8], ['flowEndMilliseconds', 8]] as const;
    const bed = receive(fields, [
      [40_000, 40, T - 60_000, T - 1],
      [60_000, 60, T - 120_000, T - 60_000],
    ]);
    expect(bed.pass()).toMatchObject([
      { octetDeltaCount: 100_000, flowStartMilliseconds: T - 120_000, flowEndMilliseconds: T - 1 },
    ]);
  });

  it('count for another flow once the first has ended', () => {
    const fields = [
      ...deltas,
      ['flowStartMilliseconds', 8],
      ['flowEndMilliseconds', 8],
      ['flowEndReason', 1],
    ] as const;
    const bed = receive(fields, [
      [1_000, 1, T - 9_000, T - 6_000, 3],
      [300, 1, T - 2_000, T - 1_000, 3],
      [20, 1, T - 8_000, T - 6_500, 2],
    ]);
    expect(bed.pass().map(({ octetDeltaCount }) => octetDeltaCount)).toEqual([1_020, 300]);
  });

  it('count once when the message is repeated, and the account shows this', () => {
    const bed = new ForeignBed();
    const template = { id: 300, fields: [...ends, ...deltas] };
    const message = foreignMessage(
      { sequence: 5 },
      dataSet(template, [
        [...from, 1_000, 10],
        [...from, 500, 5],
      ]),
    );
    const next = foreignMessage({ sequence: 7 }, dataSet(template, [[...from, 1, 1]]));
    bed.receive([foreignMessage({ sequence: 5 }, templateSet(template)), message, next, message]);
    expect(bed.pass()).toMatchObject([{ octetDeltaCount: 1_501 }]);
    expect(bed.account()).toMatchObject({ received: 5, sent: 3, dropped: { duplicate: 2 } });
  });

  it('count once when the message is repeated after 500 others', () => {
    const bed = new ForeignBed();
    const template = { id: 300, fields: [...ends, ...deltas] };
    const messages = Array.from({ length: 501 }, (_, sequence) =>
      foreignMessage({ sequence }, dataSet(template, [[...from, 10, 1]])),
    );
    bed.receive([foreignMessage({}, templateSet(template)), ...messages, messages[0]!]);
    expect(bed.pass()).toMatchObject([{ octetDeltaCount: 5_010 }]);
    expect(bed.account().dropped).toEqual({ duplicate: 1 });
  });

  it('count once when the message arrives before its templates, and again before and after them', () => {
    const bed = new ForeignBed();
    const templates = [300, 301].map((id) => ({ id, fields: [...ends, ...deltas] }));
    const records = templates.map((template) => dataSet(template, [[...from, 1_000, 10]]));
    const message = foreignMessage({}, ...records);
    const announcement = foreignMessage({ sequence: 2 }, ...templates.map(templateSet));
    bed.receive([message, message, announcement, message]);
    expect(bed.pass()).toMatchObject([{ octetDeltaCount: 2_000, packetDeltaCount: 20 }]);
    expect(bed.account()).toMatchObject({ received: 6, sent: 2, dropped: { duplicate: 4 } });
  });

  it('all count when an exporter does not number its messages, even if two are equal', () => {
    const bed = new ForeignBed();
    const template = { id: 300, fields: [...ends, ...deltas] };
    const messageOf = (octets: number) => foreignMessage({}, dataSet(template, [[...from, octets, 1]]));
    const different = [1, 20, 300].map(messageOf);
    bed.receive([
      foreignMessage({}, templateSet(template)),
      ...different,
      messageOf(4_000),
      messageOf(4_000),
    ]);
    expect(bed.pass()).toMatchObject([{ octetDeltaCount: 8_321, packetDeltaCount: 5 }]);
    expect(bed.account()).toMatchObject({ received: 5, sent: 5, dropped: {} });
  });

  it('of two exporters count for two flows', () => {
    const bed = new ForeignBed();
    const template = { id: 300, fields: [...ends, ...deltas] };
    const message = foreignMessage({}, templateSet(template), dataSet(template, [[...from, 1_000, 10]]));
    bed.receive([message]);
    bed.receive([message], '192.0.2.2:4739');
    expect(bed.pass().map(({ octetDeltaCount }) => octetDeltaCount)).toEqual([1_000, 1_000]);
  });
});

it('a flow without a protocol shows none in records, lines and tables', () => {
  const bed = new ForeignBed();
  const fields: readonly ForeignField[] = [
    ['sourceIPv4Address', 4],
    ['destinationIPv4Address', 4],
    ['octetDeltaCount', 4],
  ];
  const template = { id: 300, fields };
  bed.receive([foreignMessage({}, templateSet(template), dataSet(template, [[from[0], from[1], 1_000]]))]);
  const [flow] = bed.pass();
  expect(flow).toMatchObject({ sourceIP: from[0], octetDeltaCount: 1_000 });
  for (const name of ['protocolIdentifier', 'sourceTransportPort', 'icmpTypeCode', 'tcpState']) {
    expect(flow).not.toHaveProperty(name);
  }
  const line = (format: PrintedFormat) => recordPrinter(format).line(recordToJson(flow!));
  expect(line('compact')).toContain(` - ${from[0]} -> ${from[1]} `);
  expect(line('csv').split(',')).not.toContain('0');
  expect(JSON.parse(line('json'))).not.toHaveProperty('protocolIdentifier');
});

describe('totals of a foreign exporter', () => {
  const totals: readonly ForeignField[] = [
    ['octetTotalCount', 8],
    ['flowStartMilliseconds', 8],
    ['flowEndMilliseconds', 8],
  ];

  it('count from their first record, also for flows from before this process, which are counted', () => {
    const bed = receive(totals, [[1_000_000, T - 3_600_000, T - 1]]);
    expect(bed.pass()).toMatchObject([{ octetDeltaCount: 1_000_000 }]);
    expect(bed.account('aggregator').events).toEqual({ 'totals from before': 1 });
  });

  it('count their growth', () => {
    const bed = receive(totals, [
      [1_000, T - 9_000, T - 5_000],
      [1_500, T - 9_000, T - 2_000],
      [1_500, T - 9_000, T - 2_000],
      [1_200, T - 9_000, T - 4_000],
    ]);
    expect(bed.pass()).toMatchObject([{ octetDeltaCount: 1_500 }]);
    expect(bed.account('aggregator').dropped).toEqual({ duplicate: 1, late: 1 });
  });

  it('count for another flow when they have another start, or restart', () => {
    const bed = receive(totals, [
      [1_000, T - 9_000, T - 5_000],
      [400, T - 4_000, T - 2_000],
      [100, T - 4_000, T - 1_000],
    ]);
    expect(bed.pass().map(({ octetDeltaCount }) => octetDeltaCount)).toEqual([1_000, 400, 100]);
  });

  const short: readonly ForeignField[] = [
    ['octetTotalCount', 4],
    ['packetTotalCount', 8],
    ['flowStartMilliseconds', 8],
    ['flowEndMilliseconds', 8],
  ];

  it('of four octets continue after each wrap at 2^32, even out of order', () => {
    const bed = receive(short, [
      [4_294_967_000, 10, T - 9_000, T - 5_000],
      [704, 20, T - 9_000, T - 4_000],
      [4_294_967_100, 15, T - 9_000, T - 4_500],
      [3_000_000_000, 30, T - 9_000, T - 3_000],
      [4_294_967_200, 40, T - 9_000, T - 2_000],
      [4, 50, T - 9_000, T - 1_000],
    ]);
    expect(bed.pass()).toMatchObject([{ octetDeltaCount: 2 * 2 ** 32 + 4, packetDeltaCount: 50 }]);
    expect(bed.account('aggregator').dropped).toEqual({ late: 1 });
  });

  it('of four octets without a start also continue', () => {
    const bed = receive([['octetTotalCount', 4]], [[4_294_967_000], [704]]);
    expect(bed.pass()).toMatchObject([{ octetDeltaCount: 2 ** 32 + 704 }]);
  });

  it('of four octets count for another flow when they fall from another value, or another counter also falls', () => {
    const octets = (rows: readonly (readonly ForeignValue[])[]) =>
      receive(short, rows)
        .pass()
        .map(({ octetDeltaCount }) => octetDeltaCount);
    const first = T - 5_000;
    expect(
      octets([
        [2_000_000_000, 10, T - 9_000, first],
        [700, 20, T - 9_000, T],
      ]),
    ).toEqual([2_000_000_000, 700]);
    expect(
      octets([
        [4_294_967_000, 10, T - 9_000, first],
        [700, 2, T - 9_000, T],
      ]),
    ).toEqual([4_294_967_000, 700]);
  });

  it('of eight octets that fall from 2^32 have restarted', () => {
    const bed = receive(totals, [
      [4_294_967_000, T - 9_000, T - 5_000],
      [704, T - 9_000, T - 4_000],
    ]);
    expect(bed.pass().map(({ octetDeltaCount }) => octetDeltaCount)).toEqual([4_294_967_000, 704]);
  });

  it('without a start count for another flow each time that they do not rise', () => {
    const ulogd: readonly ForeignField[] = [
      ['octetTotalCount', 4],
      ['flowStartSeconds', 4],
      ['flowEndSeconds', 4],
    ];
    const bed = receive(ulogd, [
      [768, 0, exportTime],
      [768, 0, exportTime],
      [500, 0, exportTime + 1],
    ]);
    const octets = bed.pass().map(({ octetDeltaCount }) => octetDeltaCount);
    expect(octets.toSorted()).toEqual([500, 768, 768]);
  });
});

describe('two directions that a foreign exporter sends separately', () => {
  const deltas: readonly ForeignField[] = [
    ['octetDeltaCount', 4],
    ['packetDeltaCount', 4],
    ['flowEndMilliseconds', 8],
  ];
  const template = { id: 300, fields: [...ends, ...deltas] };
  const back = ['198.51.100.5', '192.0.2.13', 443, 40_003, 6] as const;
  const messages = [
    foreignMessage(
      {},
      templateSet(template),
      dataSet(template, [
        [...from, 1_000, 10, T - 500],
        [...back, 9_000, 20, T],
      ]),
    ),
    foreignMessage(
      { sequence: 2 },
      dataSet(template, [
        [...back, 500, 5, T + 10],
        [...from, 1, 1, T + 10],
      ]),
    ),
  ];

  it('stay two flows, each without counts of the other direction', () => {
    const bed = new ForeignBed();
    bed.receive(messages);
    const flows = bed.pass();
    expect(flows).toMatchObject([
      { sourceIP: '192.0.2.13', octetDeltaCount: 1_001 },
      { sourceIP: '198.51.100.5', octetDeltaCount: 9_500 },
    ]);
    expect(flows.map(({ reverseOctetDeltaCount }) => reverseOctetDeltaCount)).toEqual([undefined, undefined]);
  });

  it('become one flow if configured, based on the first direction', () => {
    const bed = new ForeignBed({ pairsOneWayFlows: true });
    bed.receive(messages);
    const flows = bed.pass();
    expect(flows).toHaveLength(1);
    expect(flows[0]).toMatchObject({
      sourceIP: '192.0.2.13',
      sourceTransportPort: 40_003,
      octetDeltaCount: 1_001,
      packetDeltaCount: 11,
      reverseOctetDeltaCount: 9_500,
      reversePacketDeltaCount: 25,
    });
    expect(bed.account('aggregator')).toMatchObject({ received: 4, sent: 4 });
  });

  it('become one flow if they are totals, which are not added up', () => {
    const bed = new ForeignBed({ pairsOneWayFlows: true });
    const totals = {
      id: 301,
      fields: [...ends, ['octetTotalCount', 4], ['flowStartMilliseconds', 8]] as const,
    };
    bed.receive([
      foreignMessage(
        {},
        templateSet(totals),
        dataSet(totals, [
          [...from, 700, T - 900],
          [...back, 70, T - 800],
        ]),
      ),
      foreignMessage({ sequence: 2, exportTime: exportTime + 1 }, dataSet(totals, [[...back, 90, T - 800]])),
    ]);
    expect(bed.pass()).toMatchObject([{ octetTotalCount: 700, reverseOctetTotalCount: 90 }]);
  });

  it('stay separate from records that have both directions', () => {
    const bed = new ForeignBed({ pairsOneWayFlows: true });
    const both = { id: 301, fields: [...ends, ['initiatorOctets', 4], ['responderOctets', 4]] as const };
    bed.receive([
      foreignMessage(
        {},
        templateSet(both),
        dataSet(both, [
          [...from, 1, 2],
          [...back, 3, 4],
        ]),
      ),
    ]);
    expect(bed.pass()).toHaveLength(2);
  });
});
