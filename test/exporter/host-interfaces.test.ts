import { describe, expect, it } from 'vitest';
import { parseLinks } from '../../src/exporter/host-interfaces.ts';

const table = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 1108136    9371    0    0    0     0          0         0  1108136    9371    0    0    0     0       0          0
eth0.5:9007199254740993 7 1 2 3 4 5 6 8 9 10 11 12 13 14 15
`;

describe("the kernel's table of interfaces", () => {
  it('is read for each interface, with the speed where there is one', () => {
    const speed = (name: string) => (name === 'eth0.5' ? 10_000_000_000 : undefined);
    expect(parseLinks(table, speed)).toEqual([
      {
        name: 'lo',
        speedBitsPerSecond: undefined,
        receivedOctets: 1_108_136,
        receivedPackets: 9_371,
        receivedErrors: 0,
        receivedDropped: 0,
        sentOctets: 1_108_136,
        sentPackets: 9_371,
        sentErrors: 0,
        sentDropped: 0,
      },
      {
        name: 'eth0.5',
        speedBitsPerSecond: 10_000_000_000,
        receivedOctets: 9_007_199_254_740_992,
        receivedPackets: 7,
        receivedErrors: 1,
        receivedDropped: 2,
        sentOctets: 8,
        sentPackets: 9,
        sentErrors: 10,
        sentDropped: 11,
      },
    ]);
  });
});
