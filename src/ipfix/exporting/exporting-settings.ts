import type { Values } from '../../runtime/index.ts';
import { isAvailableTransport, transportKinds } from '../transport-kind.ts';
import type { CollectorAddress } from './collector-address.ts';
import type { exportingOptions } from './options.ts';

/** How IPFIX is sent. */
export interface ExportingSettings {
  readonly templateRefresh: { readonly everyMs: number; readonly everyMessages: number };
  /** Undefined: what fits the path. */
  readonly maxMessageOctets?: number;
  /** Undefined: none are sent. */
  readonly optionsRecords?: { readonly statisticsIntervalMs: number };
}

export const exportingSettings = (
  {
    templateRefreshTimeout: everyMs,
    templateRefreshMessages: everyMessages,
    maxIPFIXMsgSize: octets,
    statisticsInterval: statisticsIntervalMs,
  }: Values<typeof exportingOptions>,
  sendsOptionsRecords: boolean,
): ExportingSettings => ({
  templateRefresh: { everyMs, everyMessages },
  ...(octets === 0 ? {} : { maxMessageOctets: octets }),
  ...(sendsOptionsRecords ? { optionsRecords: { statisticsIntervalMs } } : {}),
});

/** Whether a collector that does not accept options records would end the session, and so get no more. */
export const canRefuseOptionsRecords = ({ protocol }: CollectorAddress): boolean =>
  isAvailableTransport(protocol) && transportKinds[protocol].isReliable;
