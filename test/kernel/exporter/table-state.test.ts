import { expect, it } from 'vitest';
import { readTableState, TrackingTable } from '../../../src/exporter/conntrack/index.ts';
import { NetlinkError } from '../../../src/exporter/netlink/index.ts';
import { insertConnections, numberedConnection } from '../../support/conntrack-fixture.ts';
import { createNamespace, type NetworkNamespace } from '../../support/namespace.ts';
import { requires } from '../../support/requires.ts';

requires('namespaces', 'ping')('the state of the connection tracking table', () => {
  it('has a warning with the command that mends it when the table is full and connections are evicted', async () => {
    await using namespace = await createNamespace('full');
    const table = new TrackingTable();
    namespace.enter(() => table.ensure());
    fill(namespace);
    await namespace.run(['ping', '-c', '1', '127.0.0.1']); // has to evict another connection
    const state = namespace.enter(() => readTableState());
    expect(state.entries).toBeGreaterThan(0.99 * state.maxEntries); // several may be evicted at once
    expect(state.earlyDropped + state.dropped).toBeGreaterThan(0);
    expect(state.warnings.map(({ code }) => code)).toEqual([
      'WEIR_CONNTRACK_TABLE_FULL',
      'WEIR_CONNTRACK_NOT_KEPT',
    ]);
    for (const { remedy } of state.warnings) {
      expect(remedy).toContain(`\`sysctl -w net.netfilter.nf_conntrack_max=${2 * state.maxEntries}\``);
    }
  });
});

/**
 * Inserts until the kernel refuses more: its bound is the same for every namespace, and only the first one
 * sets it.
 */
function fill(namespace: NetworkNamespace): void {
  const { maxEntries } = namespace.enter(() => readTableState());
  const more = Array.from({ length: maxEntries + 1_000 }, (_, index) => numberedConnection(index));
  try {
    namespace.enter(() => insertConnections(more));
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.errno !== 'ENOMEM') throw error;
  }
}
