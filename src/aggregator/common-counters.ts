/**
 * The counters that the nodes of a flow have in common: of each the greatest that a node has told. For each
 * direction the sender's node counts most, and by what the other has less, packets were lost on the way.
 * They follow from the two observers' blocks and are never kept.
 *
 * `base` is where the row begins, in doubles, and `k` the number of the counter. NaN is no count.
 */
import { DESTINATION, FlowFlag, REPORTED, SOURCE, TOTAL } from './flow-row.ts';

/** Set for a flow while an observer's first totals were not all ours, and nothing has been reported since. */
export const MIDWAY = FlowFlag.sourceMidway | FlowFlag.destinationMidway;

export function commonTotal(doubles: Float64Array, base: number, k: number): number {
  return greaterOf(doubles[base + SOURCE + TOTAL + k]!, doubles[base + DESTINATION + TOTAL + k]!);
}

/**
 * What of the common total is not to be told: it was in the previous report, or is not ours. An observer that
 * picked the flow up midway can say that only when nobody else can; of two such ones that who leaves out
 * more, since what either has told was counted.
 */
export function commonReported(doubles: Float64Array, base: number, flags: number, k: number): number {
  const source = doubles[base + SOURCE + REPORTED + k]!;
  const destination = doubles[base + DESTINATION + REPORTED + k]!;
  if ((flags & (FlowFlag.toldByOther | FlowFlag.countedElsewhere)) !== 0)
    return commonTotal(doubles, base, k);
  if (Number.isNaN(doubles[base + SOURCE + TOTAL + k]!)) return destination;
  if (Number.isNaN(doubles[base + DESTINATION + TOTAL + k]!)) return source;
  switch (flags & MIDWAY) {
    case FlowFlag.sourceMidway:
      return destination;
    case FlowFlag.destinationMidway:
      return source;
    default:
      return source > destination ? source : destination;
  }
}

/** The one of two numbers that is greater, or that is a number. */
export function greaterOf(one: number, other: number): number {
  return one >= other || Number.isNaN(other) ? one : other;
}
