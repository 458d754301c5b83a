import { describe, expect, it } from 'vitest';
import { warningsOf } from '../../../src/exporter/conntrack/table-state.ts';

const well = {
  entries: 100,
  maxEntries: 262_144,
  insertFailed: 0,
  dropped: 0,
  earlyDropped: 0,
  hasTrackingTable: true,
  tracking: 'yes',
} as const;

describe('the warnings about the tracking table', () => {
  it('are empty when all is well', () => {
    expect(warningsOf(well)).toEqual([]);
  });

  it('name a full table and the command that corrects it', () => {
    expect(warningsOf({ ...well, entries: 262_144 })).toEqual([
      {
        code: 'WEIR_CONNTRACK_TABLE_FULL',
        message: 'the connection tracking table is full or nearly full: 262144 of 262144 entries',
        remedy: 'Raise the limit on the host with `sysctl -w net.netfilter.nf_conntrack_max=524288`.',
      },
    ]);
  });

  it('state how many packets and connections the kernel could not track', () => {
    expect(warningsOf({ ...well, dropped: 12, earlyDropped: 3 })).toEqual([
      {
        code: 'WEIR_CONNTRACK_NOT_KEPT',
        message: expect.stringMatching(
          /12 packets of connections .* were dropped .*, and 3 connections were evicted before their end/,
        ),
        remedy: expect.stringContaining('`sysctl -w net.netfilter.nf_conntrack_max=524288`'),
      },
    ]);
  });

  it('state that nothing is tracked, without a claim about the reason', () => {
    expect(warningsOf({ ...well, entries: 0, tracking: 'not-seen' })).toEqual([
      {
        code: 'WEIR_CONNTRACK_NOTHING_TRACKED',
        message: expect.stringMatching(
          /perhaps no firewall rule turns tracking on, or there has been no traffic$/,
        ),
        remedy: expect.stringContaining('`nft add table inet track; '),
      },
    ]);
  });
});
