import { duration, integer, option } from './option.ts';

/** Octets of an IPFIX message. */
export const maxIPFIXMsgSize = option(
  {
    description: 'octets of a message at most; 0: what fits the path',
    value: '0, or a whole number from 512 to 65535',
    default: '0',
  },
  (found) =>
    found === 0 || (Number.isInteger(found) && Number(found) >= 512 && Number(found) <= 65535)
      ? Number(found)
      : undefined,
);

/** When templates are sent again over UDP, and how large messages are. */
export const exportingOptions = {
  templateRefreshTimeout: duration('1s', {
    description: 'UDP: templates are sent again each time this has passed',
    default: '60s',
  }),
  templateRefreshMessages: integer(1, 1_000_000, {
    description: 'UDP: templates are sent again after so many messages of records',
    default: '500',
  }),
  maxIPFIXMsgSize,
};

interface ExportingValues {
  readonly templateRefreshTimeout?: number | undefined;
  readonly templateRefreshMessages?: number | undefined;
  readonly maxIPFIXMsgSize?: number | undefined;
}

/** How IPFIX is sent; the exporter has the defaults. */
export interface ExportingSettings {
  readonly templateRefresh: {
    readonly everyMs?: number | undefined;
    readonly everyMessages?: number | undefined;
  };
  /** Undefined: what fits the path. */
  readonly maxMessageOctets?: number;
}

export const exportingSettings = ({
  templateRefreshTimeout: everyMs,
  templateRefreshMessages: everyMessages,
  maxIPFIXMsgSize: octets = 0,
}: ExportingValues): ExportingSettings => ({
  templateRefresh: { everyMs, everyMessages },
  ...(octets === 0 ? {} : { maxMessageOctets: octets }),
});
