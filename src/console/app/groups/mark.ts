import type { DimensionName, MeasureName } from '../../../flow/index.ts';
import { changeText, exactText, measureText, sumExact } from '../counts/index.ts';
import { fittedText, isolatedText, textWidth, valueText } from '../names/index.ts';
import { type Denial, type DrawnGroup, jointDenial } from './drawn-group.ts';

/** The value that a dimension has in what is drawn. */
export interface ValueTest {
  readonly dimension: DimensionName;
  readonly value: string | null;
}

/** What a mark of a picture stands for: its name, its count, and the flows that it means. */
export interface Mark {
  readonly title: string;
  readonly count: bigint;
  readonly previous: bigint | undefined;
  readonly denial: Denial;
  /** Numbers of the groups in it. */
  readonly groups: readonly number[];
  /** What flows of the mark have in common; of the rest, nothing that a filter could say. */
  readonly tests: readonly ValueTest[];
  /** Whether one of the tests is enough: a workload at either end. */
  readonly isEither: boolean;
  readonly isRest: boolean;
}

/** What some groups are together, by their numbers. */
export function jointCounts(
  groups: readonly DrawnGroup[],
  numbers: readonly number[],
): Pick<Mark, 'count' | 'previous' | 'denial' | 'groups'> {
  const members = numbers.map((number) => groups[number]!);
  const previous = members.flatMap((group) => (group.previous === undefined ? [] : [group.previous]));
  return {
    count: sumExact(members.map(({ count }) => count)),
    previous: previous.length < members.length ? undefined : sumExact(previous),
    denial: jointDenial(members),
    groups: numbers,
  };
}

export const REST_TITLE = 'Other';

/** The values of a group in words: "shop/cart → data/redis". */
export const groupTitle = ({ key, isRest }: Pick<DrawnGroup, 'key' | 'isRest'>): string =>
  isRest ? REST_TITLE : key.length === 0 ? 'All flows' : linkTitle(...key.map(valueText));

/** A group as a mark of its own. */
export function groupMark(groups: readonly DrawnGroup[], number: number, by: readonly DimensionName[]): Mark {
  const group = groups[number]!;
  return {
    ...jointCounts(groups, [number]),
    title: groupTitle(group),
    isRest: group.isRest,
    isEither: false,
    tests: group.key.map((value, place) => ({ dimension: by[place]!, value })),
  };
}

/** Names beside each other: none changes the direction of the others. */
export const linkTitle = (...titles: readonly string[]): string => titles.map(isolatedText).join(' → ');

/** The same in a room of some pixels: each name is cut by itself. */
export function groupLabel(group: Pick<DrawnGroup, 'key' | 'isRest'>, room: number): string {
  if (group.isRest || group.key.length === 0) return groupTitle(group);
  const arrow = textWidth(' → ');
  const each = (room + arrow) / group.key.length - arrow;
  return linkTitle(...group.key.map((value) => fittedText(valueText(value), each)));
}

/** What a reader hears, and sees beside the pointer. */
export function markText({ title, count, previous, denial }: Mark, measure: MeasureName): string {
  const denied = { none: '', some: ', some of it denied', all: ', denied' }[denial];
  const before =
    previous === undefined
      ? ''
      : `, before ${measureText(measure, previous)} (${changeText(count, previous) || 'the same'})`;
  return `${title}: ${measureText(measure, count)} (${exactText(measure, count)})${before}${denied}`;
}
