import { describe, expect, it } from 'vitest';
import { resolveAgentOptions } from '../../src/exporter/agent-options.ts';

describe("the agent's options", () => {
  it('have the reference defaults', () => {
    expect(resolveAgentOptions({ nodeName: 'a' })).toEqual({
      pollIntervalMs: 5_000,
      activeTimeoutMs: 60_000,
      idleTimeoutMs: 15_000,
      tickMs: 1_000,
      maxConnections: 524_288,
      events: true,
      filter: { protocols: undefined, zones: undefined, loopback: false },
      remarks: [],
    });
  });

  it('raise a timeout that is shorter than the poll interval, and say so', () => {
    expect(
      resolveAgentOptions({ nodeName: 'a', pollIntervalMs: 5_000, activeTimeoutMs: 2_000 }),
    ).toMatchObject({
      activeTimeoutMs: 5_000,
      remarks: ['activeTimeoutMs 2000 is less than the poll interval: raised to 5000'],
    });
  });

  it('look for due records more often when timeouts are short', () => {
    expect(
      resolveAgentOptions({
        nodeName: 'a',
        pollIntervalMs: 500,
        activeTimeoutMs: 1_000,
        idleTimeoutMs: 2_000,
      }).tickMs,
    ).toBe(250);
  });

  it('filter by protocols in any case, and ignore unknown names', () => {
    expect(resolveAgentOptions({ nodeName: 'a', protocolFilter: ['TCP', 'sctp', 'icmp'] })).toMatchObject({
      filter: { protocols: [6, 132] },
      remarks: ['protocolFilter: "icmp" is none of tcp, udp, sctp: passed over'],
    });
  });

  it('export nothing for an empty list of protocols, and say so', () => {
    expect(resolveAgentOptions({ nodeName: 'a', protocolFilter: [] })).toMatchObject({
      filter: { protocols: [] },
      remarks: ['protocolFilter is empty: no connection is exported'],
    });
  });
});
