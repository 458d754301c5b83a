/**
 * An IPFIX information element that carries a field: number, name, abstract data type (RFC 7012 section 2.1).
 */
export interface Element {
  /** Private enterprise number; 0 is IANA's registry, 29305 its reverse elements (RFC 5103). */
  readonly enterprise: number;
  readonly id: number;
  readonly name: string;
  readonly type: ElementType;
}

export type ElementType =
  | 'unsigned8'
  | 'unsigned16'
  | 'unsigned32'
  | 'unsigned64'
  | 'ipv4Address'
  | 'ipv6Address'
  | 'string'
  | 'octetArray'
  | 'dateTimeSeconds'
  | 'dateTimeMilliseconds'
  | 'dateTimeMicroseconds'
  | 'dateTimeNanoseconds';

export const IANA = 0;
export const REVERSE = 29305;
/** Antrea's number. (Old versions of its documentation say 56505, which nothing ever sent.) */
export const ANTREA = 56506;

export const ianaElement = (id: number, name: string, type: ElementType): Element => ({
  enterprise: IANA,
  id,
  name,
  type,
});

/** The reverse-direction twin of an IANA element: same number, own enterprise (RFC 5103 section 6.1). */
export const reverseElement = (id: number, name: string, type: ElementType): Element => ({
  enterprise: REVERSE,
  id,
  name,
  type,
});

export const antreaElement = (id: number, name: string, type: ElementType): Element => ({
  enterprise: ANTREA,
  id,
  name,
  type,
});
