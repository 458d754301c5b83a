import { describe, expect, it } from 'vitest';
import { ForeignBed } from '../../support/foreign-bed.ts';
import {
  dataSet,
  exportTime,
  type ForeignField,
  type ForeignValue,
  foreignMessage,
  templateSet,
} from '../../support/foreign-messages.ts';

const T = exportTime * 1000;
const ends: readonly ForeignField[] = [
  ['sourceIPv4Address', 4],
  ['destinationIPv4Address', 4],
  ['octetDeltaCount', 4],
];
const from = ['192.0.2.11', '198.51.100.5', 1000] as const;

/** The start and end of a flow by times that a template tells. */
function timesOf(fields: readonly ForeignField[], values: readonly ForeignValue[]) {
  const bed = new ForeignBed();
  const template = { id: 300, fields: [...ends, ...fields] };
  bed.receive([foreignMessage({}, templateSet(template), dataSet(template, [[...from, ...values]]))]);
  const [flow] = bed.collected;
  const { flowStartMilliseconds: start, flowEndMilliseconds: end } = flow!;
  return { start, end, estimated: bed.account().events['times estimated'] };
}

const uptimes: readonly ForeignField[] = [
  ['flowStartSysUpTime', 4],
  ['flowEndSysUpTime', 4],
];

describe('the times of a foreign flow', () => {
  it('are uptimes, relative to the start-up time in the record', () => {
    const fields = [...uptimes, ['systemInitTimeMilliseconds', 8]] as const;
    expect(timesOf(fields, [100_000, 110_000, T - 140_000])).toEqual({
      start: T - 40_000,
      end: T - 30_000,
    });
  });

  it("are uptimes, relative to the start-up time in the domain's options", () => {
    const bed = new ForeignBed();
    const options = {
      id: 512,
      scope: 1,
      fields: [
        ['meteringProcessId', 4],
        ['systemInitTimeMilliseconds', 8],
      ] as const,
    };
    const template = { id: 300, fields: [...ends, ...uptimes] };
    bed.receive([
      foreignMessage(
        {},
        templateSet(options),
        templateSet(template),
        dataSet(options, [[1, T - 5_000_000]]),
        dataSet(template, [[...from, 4_930_000, 4_990_000]]),
      ),
    ]);
    expect(bed.collected).toMatchObject([
      { flowStartMilliseconds: T - 70_000, flowEndMilliseconds: T - 10_000 },
    ]);
    expect(bed.account().events).toEqual({ 'options records': 1 });
  });

  it('are estimated from the latest flow of the messages when the start-up time is unknown', () => {
    const bed = new ForeignBed();
    const template = { id: 300, fields: [...ends, ...uptimes] };
    const rows = [
      [...from, 5_000, 6_000],
      [...from, 6_000, 26_000],
    ];
    bed.receive([
      foreignMessage({}, templateSet(template), dataSet(template, rows)),
      foreignMessage(
        { exportTime: exportTime + 60, sequence: 2 },
        dataSet(template, [[...from, 30_000, 66_000]]),
      ),
    ]);
    expect(bed.collected).toMatchObject([
      { flowStartMilliseconds: T - 21_000, flowEndMilliseconds: T - 20_000 },
      { flowStartMilliseconds: T - 20_000, flowEndMilliseconds: T },
      { flowStartMilliseconds: T + 4_000, flowEndMilliseconds: T + 40_000 },
    ]);
    expect(bed.account().events).toEqual({ 'times estimated': 3 });
  });

  it('are estimated anew when the exporter has started again', () => {
    const bed = new ForeignBed();
    const template = { id: 300, fields: [...ends, ...uptimes] };
    bed.receive([
      foreignMessage({}, templateSet(template), dataSet(template, [[...from, 1, 900_000_000]])),
      foreignMessage(
        { exportTime: exportTime + 60, sequence: 1 },
        dataSet(template, [[...from, 1_000, 9_000]]),
      ),
    ]);
    expect(bed.collected[1]).toMatchObject({ flowEndMilliseconds: T + 60_000 });
  });

  it('are right after the uptime wraps around at 2^32 milliseconds', () => {
    const fields = [...uptimes, ['systemInitTimeMilliseconds', 8]] as const;
    const init = T - 2 ** 32 - 50_000;
    expect(timesOf(fields, [2 ** 32 - 10_000, 20_000, init])).toEqual({ start: T - 60_000, end: T - 30_000 });
  });

  it('are offsets from the time of export in microseconds', () => {
    const fields = [
      ['flowStartDeltaMicroseconds', 4],
      ['flowEndDeltaMicroseconds', 4],
    ] as const;
    expect(timesOf(fields, [2_500_000, 0])).toEqual({ start: T - 2_500, end: T });
  });

  it.each([
    ['flowDurationMilliseconds', 4_000],
    ['flowDurationMicroseconds', 4_000_000],
  ])('are computed from an end and %s', (duration, value) => {
    const fields = [
      ['flowEndSeconds', 4],
      [duration, 4],
    ] as const;
    expect(timesOf(fields, [exportTime - 10, value])).toEqual({ start: T - 14_000, end: T - 10_000 });
  });

  it('are computed from a start and a duration', () => {
    const fields = [
      ['flowStartMilliseconds', 8],
      ['flowDurationMilliseconds', 4],
    ] as const;
    expect(timesOf(fields, [T - 9_000, 2_000])).toEqual({ start: T - 9_000, end: T - 7_000 });
  });

  it.each([
    ['flowStartMicroseconds', 'flowEndMicroseconds'],
    ['flowStartNanoseconds', 'flowEndNanoseconds'],
  ])('are converted from NTP times: %s', (start, end) => {
    const ntp = (seconds: number) => (BigInt(seconds + 2_208_988_800) << 32n) | 0x8000_0000n;
    expect(
      timesOf(
        [
          [start, 8],
          [end, 8],
        ],
        [ntp(exportTime - 5), ntp(exportTime - 2)],
      ),
    ).toEqual({
      start: T - 4_500,
      end: T - 1_500,
    });
  });

  it('are whole seconds, and 0 means none', () => {
    const fields = [
      ['flowStartSeconds', 4],
      ['flowEndSeconds', 4],
    ] as const;
    expect(timesOf(fields, [0, exportTime - 3])).toEqual({ start: undefined, end: T - 3_000 });
  });

  it('end with the observation time in the absence of other times', () => {
    expect(timesOf([['observationTimeMilliseconds', 8]], [T - 700])).toEqual({
      start: undefined,
      end: T - 700,
    });
  });

  it('end with the export time in the absence of any other, which is counted', () => {
    expect(timesOf([], [])).toEqual({ start: undefined, end: T, estimated: 1 });
  });

  it('cover both directions where each has its own', () => {
    const fields = [
      ['flowStartMilliseconds', 8],
      ['flowEndMilliseconds', 8],
      ['reverseFlowStartMilliseconds', 8],
      ['reverseFlowEndMilliseconds', 8],
    ] as const;
    expect(timesOf(fields, [T - 9_000, T - 5_000, T - 8_900, T - 4_000])).toEqual({
      start: T - 9_000,
      end: T - 4_000,
    });
  });

  const milliseconds = [
    ['flowStartMilliseconds', 8],
    ['flowEndMilliseconds', 8],
  ] as const;

  it.each([
    ['in 2106', 2 ** 32 * 1000 - 1000],
    ['beyond all calendars', 2 ** 63],
    ['an hour from now', T + 3_600_000],
  ])('end with the export time when the exported end is %s, which is counted', (_, end) => {
    expect(timesOf(milliseconds, [T - 1_000, BigInt(end)])).toEqual({
      start: T - 1_000,
      end: T,
      estimated: 1,
    });
  });

  it('have no start when that, too, is beyond all calendars', () => {
    expect(timesOf(milliseconds, [2n ** 64n - 1n, 2n ** 64n - 1n])).toEqual({
      start: undefined,
      end: T,
      estimated: 1,
    });
  });

  it('may end slightly after the export, by another clock', () => {
    expect(timesOf(milliseconds, [T - 1_000, T + 60_000])).toEqual({ start: T - 1_000, end: T + 60_000 });
  });

  it('end with the arrival when the export, too, is in the future', () => {
    const bed = new ForeignBed();
    const template = { id: 300, fields: ends };
    const header = { exportTime: 2 ** 32 - 1 };
    bed.receive([foreignMessage(header, templateSet(template), dataSet(template, [from]))]);
    expect(bed.collected).toMatchObject([{ flowEndMilliseconds: T }]);
    expect(bed.account().events).toEqual({ 'times estimated': 1 });
  });

  it('have no start when the exported one is long after the end, which is counted', () => {
    expect(timesOf(milliseconds, [T - 1_000, T - 9_000])).toEqual({
      start: undefined,
      end: T - 9_000,
      estimated: 1,
    });
  });

  it('end with their start when rounding to a second puts the end before it', () => {
    const fields = [
      ['flowStartMilliseconds', 8],
      ['flowEndSeconds', 4],
    ] as const;
    const times = timesOf(fields, [T - 8_700, exportTime - 9]);
    expect(times).toEqual({ start: T - 8_700, end: T - 8_700, estimated: 1 });
  });

  it('have no start when the uptimes are in the wrong order', () => {
    const fields = [...uptimes, ['systemInitTimeMilliseconds', 8]] as const;
    expect(timesOf(fields, [110_000, 109_990, T - 140_000])).toEqual({ start: undefined, end: T - 30_010 });
  });

  it('have no start when it would lie before 1970, which is counted', () => {
    const fields = [
      ['flowEndMilliseconds', 8],
      ['flowDurationMilliseconds', 8],
    ] as const;
    expect(timesOf(fields, [T, 2n ** 64n - 1n])).toEqual({ start: undefined, end: T, estimated: 1 });
  });

  it('end with the export when the end would lie before 1970, which is counted', () => {
    const fields = [
      ['flowStartDeltaMicroseconds', 8],
      ['flowEndDeltaMicroseconds', 8],
    ] as const;
    expect(timesOf(fields, [2n ** 64n - 1n, 2n ** 64n - 1n])).toEqual({
      start: undefined,
      end: T,
      estimated: 1,
    });
  });
});
