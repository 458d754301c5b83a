import { FlowType, Observer } from '../flow/index.ts';

/** Where addresses are, or were at a monotonic time. */
export interface Places {
  /** Whether the address of four words at `words[at]` is on this node. */
  isHere(words: ArrayLike<number>, at: number, timeMs: number): boolean;
  /** Whether a workload of this node had it; false as long as nobody has told of that workload. */
  isWorkload(words: ArrayLike<number>, at: number, timeMs: number): boolean;
  /** The `FlowType` between two addresses, given by their offsets, or `MAYBE_FROM_EXTERNAL`. */
  flowType(words: ArrayLike<number>, source: number, destination: number, timeMs: number): number;
}

/**
 * Where a flow's ends are, in one octet; 0 while that is not known. It is determined once for a flow:
 * addresses that move later do not change its type and names. But a workload that had an address when the
 * flow began may become known later (`endsWithWorkloads`).
 */
export const FlowEnds = { settled: 1, sourceHere: 2, destinationHere: 4 } as const;
const TYPE_SHIFT = 3;

/**
 * In place of a `FlowType`: from outside to an address that may be another node's. It is from external if
 * this node translates its source, which a node does for those whom it lets in.
 */
export const MAYBE_FROM_EXTERNAL = 7;

/** @param beganMs when the flow began, in monotonic time */
export function flowEnds(
  places: Places,
  words: ArrayLike<number>,
  source: number,
  destination: number,
  beganMs: number,
): number {
  let ends = FlowEnds.settled | (places.flowType(words, source, destination, beganMs) << TYPE_SHIFT);
  if (places.isHere(words, source, beganMs)) ends |= FlowEnds.sourceHere;
  if (places.isHere(words, destination, beganMs)) ends |= FlowEnds.destinationHere;
  return ends;
}

/** Known ends with those of workloads that were not yet known when the ends were determined. */
export function endsWithWorkloads(
  places: Places,
  words: ArrayLike<number>,
  source: number,
  destination: number,
  beganMs: number,
  known: number,
): number {
  let here = known & (FlowEnds.sourceHere | FlowEnds.destinationHere);
  if ((here & FlowEnds.sourceHere) === 0 && places.isWorkload(words, source, beganMs))
    here |= FlowEnds.sourceHere;
  if ((here & FlowEnds.destinationHere) === 0 && places.isWorkload(words, destination, beganMs))
    here |= FlowEnds.destinationHere;
  if ((known & here) === here) return known;
  const hasBoth = here === (FlowEnds.sourceHere | FlowEnds.destinationHere);
  const type = hasBoth ? FlowType.intraNode : places.flowType(words, source, destination, beganMs);
  return FlowEnds.settled | (type << TYPE_SHIFT) | here;
}

/** The `FlowType` of known ends. @param isProxied whether this node translates the source */
export function typeOfEnds(ends: number, isProxied: boolean): number {
  const type = ends >>> TYPE_SHIFT;
  if (type !== MAYBE_FROM_EXTERNAL) return type;
  return isProxied ? FlowType.fromExternal : FlowType.unspecified;
}

/**
 * Which of known ends this node has. A node that translates the source of a flow on its way to another node
 * stands for the source: it alone knows who that is.
 */
export function observerOfEnds(ends: number, isProxied: boolean): Observer {
  const hasSource = (ends & FlowEnds.sourceHere) !== 0;
  if ((ends & FlowEnds.destinationHere) !== 0) return hasSource ? Observer.both : Observer.destination;
  return hasSource || isProxied ? Observer.source : Observer.neither;
}

/**
 * Whether this node let a flow from outside in, and passed it to another node under an address of its own.
 */
export function hasLetIn(ends: number, isProxied: boolean): boolean {
  const isFromExternal = typeOfEnds(ends, isProxied) === FlowType.fromExternal;
  return isProxied && isFromExternal && (ends & FlowEnds.destinationHere) === 0;
}

/** The ends of a flow after its source and destination are swapped. */
export function turnedEnds(ends: number): number {
  const type = typeOfEnds(ends, false);
  const turnedType =
    type === FlowType.toExternal
      ? FlowType.fromExternal
      : type === FlowType.fromExternal
        ? FlowType.toExternal
        : type;
  let turned = FlowEnds.settled | (turnedType << TYPE_SHIFT);
  if ((ends & FlowEnds.sourceHere) !== 0) turned |= FlowEnds.destinationHere;
  if ((ends & FlowEnds.destinationHere) !== 0) turned |= FlowEnds.sourceHere;
  return turned;
}
