import { expect, it } from 'vitest';
import { plainTuple } from '../support/connection-rows.ts';
import { StoreUnderTest } from '../support/store-under-test.ts';

const counters = [4, 400, 3, 300] as const;

it.each([
  ['link-local, with its interface', 'fe80::2%eth0', 'fe80::2'],
  ['IPv4 mapped into IPv6', '::ffff:192.0.2.2', '192.0.2.2'],
  ['IPv6, written in full', '2001:0db8:0000::0002', '2001:db8::2'],
  ["the node's own", '10.0.0.1', '10.0.0.1'],
  ['loopback, because the unspecified address reaches it', '0.0.0.0', '127.0.0.1'],
  ['loopback over IPv6, because the unspecified address reaches it', '::', '::1'],
])("the agent leaves out its own export when the collector's address is %s", (_, remoteAddress, seen) => {
  const source = seen.includes(':') ? 'fe80::1' : '10.0.0.1';
  const test = new StoreUnderTest({ nodeNetworks: [source], filter: { loopback: true } });
  test.filter.exportSessions = [{ protocol: 6, remoteAddress, remotePort: 4_739 }];
  const original = { ...plainTuple, source, destination: seen, destinationPort: 4_739 };
  test.tell({ kind: 'destroy', id: 1, counters, original });
  test.tell({ kind: 'destroy', id: 2, counters, original: { ...original, destinationPort: 4_740 } });
  expect(test.records()).toMatchObject([{ flowId: 2 }]);
  expect(test.account()).toMatchObject({ received: 2, sent: 1, dropped: { 'own export': 1 }, closed: true });
});
