import type { Values } from '../../runtime/index.ts';
import type { exportingOptions } from './options.ts';

/** How IPFIX is sent. */
export interface ExportingSettings {
  readonly templateRefresh: { readonly everyMs: number; readonly everyMessages: number };
  /** Undefined: what fits the path. */
  readonly maxMessageOctets?: number;
}

export const exportingSettings = ({
  templateRefreshTimeout: everyMs,
  templateRefreshMessages: everyMessages,
  maxIPFIXMsgSize: octets,
}: Values<typeof exportingOptions>): ExportingSettings => ({
  templateRefresh: { everyMs, everyMessages },
  ...(octets === 0 ? {} : { maxMessageOctets: octets }),
});
