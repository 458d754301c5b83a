import { formatBitRate, formatCount, formatOctets, type MeasureName, measures } from '../../../flow/index.ts';

const unitOf = (measure: MeasureName): string => measures[measure].unit;

/** Octets and packets are shown as rates over time, since they flow. Others are counted in each bucket. */
export const isRate = (measure: MeasureName): boolean => ['octets', 'packets'].includes(unitOf(measure));

/** In three digits with a prefix for octets; other counts with all digits. */
export const measureText = (measure: MeasureName, count: bigint): string =>
  unitOf(measure) === 'octets' ? formatOctets(Number(count)) : formatCount(count);

/** All digits and the unit. */
export const exactText = (measure: MeasureName, count: bigint): string =>
  `${formatCount(count)} ${unitOf(measure)}`;

/** What a count of some time is on the axis of a picture: bits or packets a second, or the count. */
export function axisValue(measure: MeasureName, count: number, spanMs: number): number {
  if (!isRate(measure)) return count;
  return (unitOf(measure) === 'octets' ? 8 * count : count) / (spanMs / 1_000);
}

/** How many records could not be read: "12"; "Some" where a reader does not learn it. */
export const unreadableText = (records: number | undefined): string =>
  records === undefined ? 'Some' : formatCount(records);

export function axisText(measure: MeasureName, value: number): string {
  if (unitOf(measure) === 'octets') return formatBitRate(value);
  if (unitOf(measure) === 'packets') return `${shortCount(value)} packets/s`;
  return `${shortCount(value)} ${unitOf(measure)}`;
}

export const averageText = (measure: MeasureName, count: bigint, spanMs: number): string =>
  spanMs <= 0 || !isRate(measure) ? '' : axisText(measure, axisValue(measure, Number(count), spanMs));

/** Three digits: 0.25, 12.5, 1,250. */
const shortCount = (value: number): string =>
  value === 0 || value >= 100 ? formatCount(Math.round(value)) : String(Number(value.toPrecision(3)));
