/** The possible faults of octets from outside: a closed list, so that it can be a counter's label. */
export const decodeReasons = [
  'message-header-truncated',
  'version-not-ipfix',
  'message-length-invalid',
  'message-truncated',
  'trailing-octets',
  'set-header-truncated',
  'set-length-invalid',
  'set-beyond-message',
  'set-id-reserved',
  'template-truncated',
  'template-id-reserved',
  'template-record-empty',
  'template-scope-invalid',
  'template-field-unreadable',
  'template-store-full',
  'template-rate-exceeded',
  'withdrawal-without-template',
  'template-unknown',
  'record-truncated',
  'list-malformed',
  'list-template-unknown',
  'list-too-deep',
] as const;

export type DecodeReason = (typeof decodeReasons)[number];

/** Where in a message the fault is. Unknown parts are undefined. */
export interface DecodePlace {
  /** Octets from the start of the message. */
  readonly offset: number;
  readonly domain?: number;
  readonly setId?: number;
  readonly templateId?: number;
  /** Name of the information element. */
  readonly field?: string;
}

/** Octets that could not be decoded. Returned, never thrown: input from outside is counted, not trusted. */
export interface DecodeError extends DecodePlace {
  readonly reason: DecodeReason;
  /** For people: what was expected and what was found. */
  readonly text: string;
}

export type DecodeErrorHandler = (error: DecodeError) => void;

/** The error as a line of a log: its reason, and where it is. */
export function describeDecodeError({
  reason,
  text,
  offset,
  domain,
  setId,
  templateId,
  field,
}: DecodeError): string {
  const place = Object.entries({ offset, domain, set: setId, template: templateId, field })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${value}`);
  return `${reason}: ${text} (${place.join(', ')})`;
}
