import { expect, it } from 'vitest';
import {
  enterNetworkNamespace,
  NetlinkError,
  NetlinkSocket,
  OVERRUN,
  TIMED_OUT,
} from '../../../src/exporter/netlink/index.ts';
import { insertConnections, numberedConnection } from '../../support/conntrack-fixture.ts';
import { createNamespace } from '../../support/namespace.ts';
import { requires } from '../../support/requires.ts';

requires('namespaces')('NetlinkSocket', () => {
  it('reports what the kernel refused and why', async () => {
    await using namespace = await createNamespace('refused');
    const connection = numberedConnection(1);
    namespace.enter(() => insertConnections([connection]));
    const refused = namespace.enter(() => errorOf(() => insertConnections([connection])));
    expect(refused).toMatchObject({ errno: 'EEXIST', code: 'WEIR_NETLINK_REFUSED' });
    expect(refused.message).toBe('connections 0 to 0 failed: EEXIST');
  });

  it('returns from a receive when nothing comes within its timeout', async () => {
    await using namespace = await createNamespace('timeout');
    const socket = namespace.enter(() => new NetlinkSocket({ groups: [1], receiveTimeoutMs: 30 }));
    const waitsMs = Array.from({ length: 5 }, () => {
      const startedAt = performance.now();
      expect(socket.receive(new Uint8Array(64))).toBe(TIMED_OUT);
      return performance.now() - startedAt;
    });
    expect(Math.max(...waitsMs)).toBeGreaterThanOrEqual(25); // a signal to the process may cut one short
    expect(socket.receiveNow(new Uint8Array(64))).toBe(TIMED_OUT);
    socket.close();
  });

  it('distinguishes an overrun from data, and reports the number of lost messages', async () => {
    await using namespace = await createNamespace('overrun');
    const socket = namespace.enter(() => new NetlinkSocket({ groups: [1], receiveBufferOctets: 4_096 }));
    expect(namespace.enter(() => socket.droppedMessages())).toBe(0);
    const connections = Array.from({ length: 100 }, (_, index) => numberedConnection(index));
    namespace.enter(() => insertConnections(connections));
    const bytes = new Uint8Array(8_192);
    expect(socket.receiveNow(bytes)).toBe(OVERRUN);
    let received = 0;
    while (socket.receiveNow(bytes) > 0) received++;
    expect(received).toBeGreaterThan(0);
    expect(received + namespace.enter(() => socket.droppedMessages())!).toBe(connections.length);
    socket.close();
  });

  it('grants more than net.core.rmem_max to root', () => {
    const socket = new NetlinkSocket({ receiveBufferOctets: 8 << 20 });
    expect(socket.receiveBufferOctets).toBe(2 * (8 << 20));
    socket.close();
  });

  it('does not move the main thread into a namespace', () => {
    expect(() => enterNetworkNamespace('/run/netns/none')).toThrow('only a worker thread');
  });
});

function errorOf(work: () => void): NetlinkError {
  try {
    work();
  } catch (error) {
    if (error instanceof NetlinkError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
