import { expect, it } from 'vitest';
import {
  EventListener,
  type EventNote,
  eventSocketOptions,
} from '../../../src/exporter/conntrack/event-listener.ts';
import { ConnectionBatch } from '../../../src/exporter/conntrack/index.ts';
import { NetlinkSocket } from '../../../src/exporter/netlink/index.ts';
import { insertConnections, numberedConnection } from '../../support/conntrack-fixture.ts';
import { createNamespace } from '../../support/namespace.ts';
import { requires } from '../../support/requires.ts';

requires('namespaces')('EventListener', () => {
  it('reads the rest of the socket when it stops', async () => {
    const { rows, notes } = await listenAfter(3_000, 100);
    expect(rows).toBe(3_000);
    expect(notes).toEqual([]);
  });

  it('counts events as lost that it cannot deliver because no buffer returns', async () => {
    const { rows, notes } = await listenAfter(3_000, 1);
    expect(rows).toBeGreaterThan(0);
    expect(rows).toBeLessThanOrEqual(ConnectionBatch.capacity);
    expect(notes.at(-1)).toEqual({ overruns: 0, lost: 3_000 - rows, malformed: 0 });
  });

  it('that fails posts what it has read, and closes its socket', async () => {
    await using namespace = await createNamespace('listen');
    namespace.enter(() => {
      const socket = new NetlinkSocket(eventSocketOptions(1 << 20));
      insertConnections(Array.from({ length: 20 }, (_, index) => numberedConnection(index)));
      let rows = 0;
      const outlet = {
        stopping: false,
        take: () => new ArrayBuffer(ConnectionBatch.octets),
        post: (_: ArrayBuffer, count: number) => {
          rows += count;
        },
        note: () => {},
      };
      let reads = 0;
      const fail = () => {
        if (++reads === 10) throw new Error('cannot read');
      };
      expect(() => new EventListener(outlet, socket).run(fail)).toThrow('cannot read');
      expect(rows).toBe(10);
      expect(() => socket.receiveNow(new Uint8Array(64))).toThrow(/EBADF/);
    });
  });
});

/** Runs a listener with this many buffers after this many connections have begun, and stops it at once. */
async function listenAfter(connections: number, buffers: number) {
  await using namespace = await createNamespace('listen');
  return namespace.enter(() => {
    const socket = new NetlinkSocket(eventSocketOptions(16 << 20));
    insertConnections(Array.from({ length: connections }, (_, index) => numberedConnection(index)));
    let rows = 0;
    const notes: EventNote[] = [];
    const free = Array.from({ length: buffers }, () => new ArrayBuffer(ConnectionBatch.octets));
    const outlet = {
      stopping: true,
      take: () => free.pop(),
      post: (_: ArrayBuffer, count: number) => {
        rows += count;
      },
      note: (note: unknown) => notes.push(note as EventNote),
    };
    new EventListener(outlet, socket).run(() => {});
    return { rows, notes };
  });
}
