import { ByteReader } from './byte-reader.ts';
import { variableLength } from './data-type.ts';
import type { DecodeErrorHandler } from './decode-error.ts';
import type { MessageHeader } from './message-header.ts';
import type { Template } from './template.ts';

/** The records of one data set as octets. Readers advance `offset`. */
export interface DataSet {
  readonly header: MessageHeader;
  readonly template: Template;
  readonly bytes: Uint8Array;
  /** Where in `bytes` the message starts; offsets in decode errors count from there. */
  readonly messageStart: number;
  offset: number;
  readonly end: number;
}

/** Octets to which exporters align their sets. */
const alignments = [4, 8];

/**
 * Whether only padding is left: fewer octets than any record takes, and all zero (RFC 7011 section 3.3.1).
 * After records of fixed length, any octets that align the set count as padding too. Anything else is a
 * truncated record, which must be reported.
 */
export function isFinished(set: DataSet): boolean {
  const left = set.end - set.offset;
  if (left >= set.template.minimumRecordOctets) return false;
  if (left > 0 && isAlignment(set, left) && !hasVariableFields(set)) return true;
  for (let at = set.offset; at < set.end; at++) if (set.bytes[at] !== 0) return false;
  return true;
}

function isAlignment({ end, messageStart }: DataSet, octets: number): boolean {
  return alignments.some((alignment) => octets < alignment && (end - messageStart) % alignment === 0);
}

function hasVariableFields({ template }: DataSet): boolean {
  return template.fields.some(({ length }) => length === variableLength);
}

/** Reports the field at which the record at `set.offset` is truncated, and abandons the rest of the set. */
export function reportTruncation(set: DataSet, onError: DecodeErrorHandler): void {
  const { template, header, messageStart } = set;
  const reader = new ByteReader(set.bytes, set.offset, set.end);
  set.offset = set.end;
  for (const { element, length } of template.fields) {
    const offset = reader.offset - messageStart;
    const left = reader.left;
    const octets = reader.valueLength(length);
    if (octets >= 0) {
      reader.skip(octets);
      continue;
    }
    const text = `the set ends within ${element.name}, ${left} octets after its start`;
    const place = { offset, domain: header.domain, setId: template.id, templateId: template.id };
    onError({ ...place, field: element.name, reason: 'record-truncated', text });
    return;
  }
}
