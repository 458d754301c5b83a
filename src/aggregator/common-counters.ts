/**
 * The common counters of a flow's nodes: each is the greatest that a node has reported. In each direction the
 * sender's node counts most, and the difference to the other is packets lost on the way. They follow from the
 * two observers' blocks and are never stored.
 * `base` is where the row begins, in doubles, and `k` the number of the counter. NaN is no count.
 */
import { DESTINATION, FlowFlag, REPORTED, SOURCE, TOTAL } from './flow-row.ts';

/** Set for a flow while an observer's first totals were not all ours, and nothing has been reported since. */
export const MIDWAY = FlowFlag.sourceMidway | FlowFlag.destinationMidway;

export function commonTotal(doubles: Float64Array, base: number, k: number): number {
  return greaterOf(doubles[base + SOURCE + TOTAL + k]!, doubles[base + DESTINATION + TOTAL + k]!);
}

/**
 * The part of the common total that must not be reported: it was in the previous report, or is not ours. An
 * observer that picked the flow up midway decides only when nobody else can. Of two such observers the one
 * that leaves out more decides, since the counts of either were reported.
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

/** The greater of two numbers, or the one that is a number. */
export function greaterOf(one: number, other: number): number {
  return one >= other || Number.isNaN(other) ? one : other;
}

/** The earlier of two times, in which 0 means unknown. */
export function earlierOf(one: number, other: number): number {
  if (one === 0 || other === 0) return one || other || Number.NaN;
  return Math.min(one, other);
}
