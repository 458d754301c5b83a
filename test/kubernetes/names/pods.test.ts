import { describe, expect, it } from 'vitest';
import { BEGUN, type MadePod, madeNode, madePod } from './made-objects.ts';
import { TestCluster } from './test-cluster.ts';

const minutes = (count: number) => BEGUN + count * 60_000;
const address = '10.244.1.5';

/** A Job's Pod that ran for two minutes, and then a server's that got its address. */
const job: MadePod = { name: 'job', addresses: [address], createdMs: minutes(0), networkReadyMs: minutes(0) };
const server: MadePod = {
  name: 'web',
  addresses: [address],
  createdMs: minutes(3),
  networkReadyMs: minutes(3),
};

describe('an address that a finished Job left to another Pod', () => {
  const finished = madePod({ ...job, phase: 'Succeeded', finishedMs: minutes(2) });

  it('belongs to each in its time, and to nobody in between', () => {
    const cluster = new TestCluster({}, minutes(4));
    cluster.set(finished, madePod(server));
    expect(cluster.ownerOf(address, minutes(1))).toBe('shop/job');
    expect(cluster.ownerOf(address, minutes(2.5))).toBeUndefined();
    expect(cluster.ownerOf(address, minutes(3.5))).toBe('shop/web');
  });

  it('stays with the new Pod when the finished one is updated or deleted later', () => {
    const cluster = new TestCluster({}, minutes(0));
    cluster.set(madePod(job));
    cluster.clock.advance(240_000);
    cluster.set(finished, madePod(server), finished);
    expect(cluster.ownerOf(address)).toBe('shop/web');
    cluster.delete(finished);
    expect(cluster.ownerOf(address)).toBe('shop/web');
    expect(cluster.ownerOf(address, minutes(1))).toBe('shop/job');
  });
});

describe('a Pod', () => {
  it('that loses its address in the step in which it fails had the address until then', () => {
    const cluster = new TestCluster({}, minutes(0));
    cluster.set(madePod(job));
    cluster.clock.advance(180_000);
    cluster.set(madePod({ ...job, addresses: [], phase: 'Failed', finishedMs: minutes(2) }));
    expect(cluster.ownerOf(address, minutes(1))).toBe('shop/job');
    expect(cluster.ownerOf(address, minutes(3))).toBeUndefined();
  });

  it('that was evicted without a container had its address until its last condition', () => {
    const cluster = new TestCluster({}, minutes(3));
    const evicted = madePod({ ...job, phase: 'Failed', notReadyMs: minutes(2) });
    cluster.set({ ...evicted, status: { ...(evicted.status as object), containerStatuses: [] } });
    expect(cluster.ownerOf(address, minutes(1))).toBe('shop/job');
    expect(cluster.ownerOf(address, minutes(3))).toBeUndefined();
  });

  it('of a StatefulSet keeps its address when the earlier one of its name is updated and deleted', () => {
    const cluster = new TestCluster({}, minutes(2));
    const earlier = madePod({ name: 'db-0', uid: 'first', addresses: [address], networkReadyMs: minutes(0) });
    const later = madePod({ name: 'db-0', uid: 'second', addresses: [address], networkReadyMs: minutes(2) });
    cluster.set(earlier, later, earlier);
    cluster.delete(earlier);
    cluster.clock.advance(60_000);
    const { names } = cluster;
    const owner = names.owners.find([0, 0, 0xffff, 0x0af4_0105], 0, 0, minutes(3));
    expect(owner).toMatchObject({ object: { uid: 'second' } });
    expect(names.pods.size).toBe(1);
  });

  it('in the network of its node has no address, of neither family', () => {
    const cluster = new TestCluster();
    const both = ['192.0.2.1', '2001:db8::1'];
    cluster.set(
      madePod({ name: 'proxy', isOnHostNetwork: true, addresses: both }),
      madeNode({ addresses: both.map((each) => ({ type: 'InternalIP', address: each })) }),
    );
    expect(both.map((each) => cluster.ownerOf(each))).toEqual(['node-a', 'node-a']);
  });

  it('has an address of each family', () => {
    const cluster = new TestCluster();
    cluster.set(madePod({ addresses: [address, 'fd00:10:244:1::5'] }));
    expect(cluster.ownerOf('fd00:10:244:1::5')).toBe('shop/web-0');
    expect(cluster.ownerOf(address)).toBe('shop/web-0');
  });

  it('that gets its address late has it from the time when its network was ready', () => {
    const cluster = new TestCluster({}, minutes(0));
    cluster.set(madePod({ createdMs: minutes(0) }));
    cluster.clock.advance(60_000);
    cluster.set(madePod({ createdMs: minutes(0), networkReadyMs: minutes(1) - 8_000, addresses: [address] }));
    expect(cluster.ownerOf(address, minutes(1) - 8_000)).toBe('shop/web-0');
    expect(cluster.ownerOf(address, minutes(1) - 12_000)).toBe('shop/web-0'); // another clock
    expect(cluster.ownerOf(address, minutes(1) - 14_000)).toBeUndefined();
  });

  it('that changes its address has each in its time', () => {
    const cluster = new TestCluster({}, minutes(0));
    cluster.set(madePod({ addresses: [address] }));
    cluster.clock.advance(60_000);
    cluster.set(madePod({ addresses: ['10.244.1.6'] }));
    cluster.clock.advance(60_000);
    expect(cluster.ownerOf(address, minutes(0.5))).toBe('shop/web-0');
    expect(cluster.ownerOf(address, minutes(1.5))).toBeUndefined();
    expect(cluster.ownerOf('10.244.1.6', minutes(0.5))).toBeUndefined();
    expect(cluster.ownerOf('10.244.1.6', minutes(1.5))).toBe('shop/web-0');
  });

  it('has its address while it terminates, and five minutes after its deletion for earlier flows', () => {
    const cluster = new TestCluster({}, minutes(0));
    const pod = { addresses: [address], networkReadyMs: minutes(0), readyMs: minutes(0) };
    cluster.set(madePod(pod));
    cluster.clock.advance(60_000);
    const terminating = madePod({ ...pod, deletedMs: minutes(1) });
    cluster.set(terminating);
    expect(cluster.ownerOf(address)).toBe('shop/web-0');
    cluster.clock.advance(30_000);
    cluster.delete(terminating);
    expect(cluster.ownerOf(address, minutes(1.4))).toBe('shop/web-0');
    expect(cluster.ownerOf(address, minutes(1.6))).toBeUndefined();
    void cluster.names.start();
    cluster.clock.advance(290_000);
    expect(cluster.ownerOf(address, minutes(1))).toBe('shop/web-0');
    cluster.clock.advance(40_000);
    expect(cluster.ownerOf(address, minutes(1))).toBeUndefined();
    expect(cluster.names.owners.size).toBe(0);
  });

  it('that a full list lacks has been deleted', () => {
    const cluster = new TestCluster({}, minutes(0));
    cluster.set(madePod({ addresses: [address] }));
    cluster.clock.advance(60_000);
    cluster.list('pods', [madePod({ name: 'other', addresses: ['10.244.1.9'] })]);
    expect(cluster.ownerOf(address, minutes(0.5))).toBe('shop/web-0');
    cluster.clock.advance(10_000);
    expect(cluster.ownerOf(address)).toBeUndefined();
    expect(cluster.ownerOf('10.244.1.9')).toBe('shop/other');
    expect(cluster.names.pods.size).toBe(1);
  });
});

describe('of two Pods with one address', () => {
  const ghost: MadePod = {
    name: 'ghost',
    addresses: [address],
    networkReadyMs: minutes(0),
    readyMs: minutes(0),
  };
  const fresh: MadePod = { name: 'fresh', addresses: [address], createdMs: minutes(5) };

  it('the one that is ready and not terminating has it, and the search says that there were two', () => {
    const cluster = new TestCluster({}, minutes(0));
    cluster.set(madePod(ghost));
    cluster.clock.advance(300_000);
    cluster.set(madePod({ ...ghost, deletedMs: minutes(4) }), madePod({ ...fresh, readyMs: minutes(5) }));
    expect(cluster.ownerOf(address)).toBe('shop/fresh');
    expect(cluster.names.owners.candidates).toBe(2);
    expect(cluster.ownerOf(address, minutes(3))).toBe('shop/ghost');
    expect(cluster.names.owners.candidates).toBe(1);
  });

  it('the one that was ready has it as long as the other may not have been there yet', () => {
    const cluster = new TestCluster({}, minutes(0));
    cluster.set(madePod(ghost));
    cluster.clock.advance(360_000);
    cluster.set(madePod({ ...fresh, readyMs: minutes(6) }));
    expect(cluster.ownerOf(address, minutes(5.5))).toBe('shop/ghost');
    expect(cluster.ownerOf(address, minutes(6))).toBe('shop/fresh');
  });
});

describe('2,000 Pods that are replaced at once', () => {
  it('leave no wrong name, and no memory after five minutes', () => {
    const cluster = new TestCluster({}, minutes(0));
    const addressOf = (i: number) => `10.244.${i >> 8}.${i & 255}`;
    const generation = (prefix: string, startMs: number) =>
      Array.from({ length: 2_000 }, (_, i) =>
        madePod({
          name: `${prefix}-${i}`,
          addresses: [addressOf(i)],
          networkReadyMs: startMs,
          createdMs: startMs,
        }),
      );
    const [old, next] = [generation('old', minutes(0)), generation('new', minutes(10.5))];
    cluster.set(...old);
    cluster.clock.advance(600_000);
    for (let i = 0; i < 2_000; i++) {
      cluster.clock.advance(15);
      cluster.delete(old[i]!);
    }
    cluster.set(...next.toReversed());
    const wrong = [...next.keys()].filter(
      (i) =>
        cluster.ownerOf(addressOf(i), minutes(9)) !== `shop/old-${i}` ||
        cluster.ownerOf(addressOf(i), minutes(11)) !== `shop/new-${i}`,
    );
    expect(wrong).toEqual([]);
    expect(cluster.names.owners.size).toBe(4_000);
    void cluster.names.start();
    cluster.clock.advance(400_000);
    expect(cluster.names.owners.size).toBe(2_000);
    expect(cluster.names.held.find(({ kind }) => kind === 'remembered pods')).toMatchObject({ objects: 0 });
  });
});
