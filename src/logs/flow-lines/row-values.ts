import type { ByteBuffer } from '../../flow/index.ts';
import {
  type FieldName,
  type FlowBatch,
  fieldOf,
  isAbsent,
  isUnset,
  isUntold,
  Protocol,
  writeAddress,
  writeDecimal,
  writeTime,
} from '../../flow/index.ts';
import { commonOf } from './log-layout.ts';

/** Whether a row has a value in a field, and the value as text. */
export interface RowValue {
  readonly has: (row: number) => boolean;
  readonly write: (row: number, into: ByteBuffer) => void;
}

/** A field that is not a name, in the rows of one batch. */
export function rowValue(batch: FlowBatch, name: FieldName): RowValue {
  const { storage, zeroIsAbsent, enumeration } = fieldOf(name);
  const column = batch.columns[name];
  switch (storage) {
    case 'address': {
      const words = column as Uint32Array;
      const isNone = zeroIsAbsent === true ? isUnset : isAbsent;
      return {
        has: (row) => !isNone(words, row * 4),
        write: (row, into) => writeAddress(into, words, row * 4),
      };
    }
    case 'time':
      return {
        has: (row) => !Number.isNaN(column[row]),
        write: (row, into) => writeTime(into, column[row]!),
      };
    case 'unsigned64':
      return {
        has: (row) => !Number.isNaN(column[row]),
        write: (row, into) => writeDecimal(into, column[row]!),
      };
    default: {
      const zeroMatters = zeroMattersIn(batch, name);
      const texts = enumeration === undefined ? undefined : textsOf(enumeration.names);
      return {
        has: (row) => (column[row] === 0 ? zeroMatters(row) : !isUntold(name, column[row]!)),
        write: (row, into) => {
          const text = texts?.[column[row]!];
          if (text === undefined) writeDecimal(into, column[row]!);
          else into.append(text, 0, text.length);
        },
      };
    }
  }
}

/**
 * Whether a line leaves a row's value out, because another field has it. That is a total that equals the
 * delta, a node's counter that equals the flow's, or none when that node has not reported.
 */
export function isExpected(batch: FlowBatch, name: FieldName, from: FieldName): (row: number) => boolean {
  const column = batch.columns[name];
  const expected = batch.columns[from];
  const observed =
    commonOf(name) === undefined ? undefined : reportedBy(batch, name.includes('FromSourceNode'));
  return (row) => {
    const value = column[row]!;
    if (observed !== undefined && !observed(row)) return Number.isNaN(value);
    return value === expected[row] || (Number.isNaN(value) && Number.isNaN(expected[row]));
  };
}

/** Whether a node has reported the flow. */
export function reportedBy({ columns }: FlowBatch, isSource: boolean): (row: number) => boolean {
  const packets = isSource
    ? columns.packetTotalCountFromSourceNode
    : columns.packetTotalCountFromDestinationNode;
  const octets = isSource
    ? columns.octetTotalCountFromSourceNode
    : columns.octetTotalCountFromDestinationNode;
  return (row) => !(Number.isNaN(packets[row]) && Number.isNaN(octets[row]));
}

/** Which node has reported a flow; undefined for neither. */
export const observerNames = ['source', 'destination', 'both'] as const;
export type ObserverName = (typeof observerNames)[number];

export function observerName(isSource: boolean, isDestination: boolean): ObserverName | undefined {
  if (isSource) return isDestination ? 'both' : 'source';
  return isDestination ? 'destination' : undefined;
}

/** Zero is a value, not "none", for the type and code of ICMP (an echo reply has type 0). */
function zeroMattersIn(
  { columns: { protocolIdentifier } }: FlowBatch,
  name: FieldName,
): (row: number) => boolean {
  if (name !== 'icmpTypeCode') return () => false;
  return (row) => protocolIdentifier[row] === Protocol.icmp || protocolIdentifier[row] === Protocol.icmpv6;
}

const encoder = new TextEncoder();

/** Encoded names by number. */
export function textsOf(names: ReadonlyMap<number, string>): (Uint8Array | undefined)[] {
  const texts: (Uint8Array | undefined)[] = [];
  for (const [number, name] of names) texts[number] = encoder.encode(name);
  return texts;
}
