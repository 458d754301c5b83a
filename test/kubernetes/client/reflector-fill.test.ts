import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resourceKinds } from '../../../src/kubernetes/index.ts';
import { FakeApiServer, refuse } from '../../support/fake-api-server.ts';
import { type KeptPod, ReflectorBed } from '../../support/reflector-bed.ts';
import { until } from '../../support/until.ts';

let server: FakeApiServer;
beforeEach(async () => {
  server = await FakeApiServer.start();
});
afterEach(() => server[Symbol.asyncDispose]());

const putPods = (count: number) => {
  for (let i = 0; i < count; i++) server.put(`p${i}`, { status: { podIP: `10.0.${i >> 8}.${i & 255}` } });
};

describe('a reflector that begins', () => {
  it('gets all that exists and then changes from one watch', async () => {
    putPods(3);
    await using bed = await ReflectorBed.synced(server.url, {
      namespace: 'shop',
      fieldSelector: 'spec.nodeName=n1',
    });
    expect(bed.kept.calls).toEqual(['replace 3']);
    server.put('p3');
    server.put('p0', { status: { podIP: '10.9.9.9' } });
    server.remove('p1');
    await bed.knows('p0', 'p2', 'p3');
    expect(bed.kept.calls).toEqual(['replace 3', 'upsert p3', 'upsert p0', 'remove p1']);
    expect(bed.kept.pods.get('uid-p0')).toMatchObject({ address: '10.9.9.9' });
    expect(server.requests).toHaveLength(1);
    const [{ path, query }] = server.requests as [(typeof server.requests)[0]];
    expect(path).toBe('/api/v1/namespaces/shop/pods');
    expect(query).toMatchObject({
      watch: 'true',
      sendInitialEvents: 'true',
      resourceVersionMatch: 'NotOlderThan',
      allowWatchBookmarks: 'true',
      fieldSelector: 'spec.nodeName=n1',
    });
    expect(Number(query.timeoutSeconds)).toBeGreaterThanOrEqual(300);
    expect(Number(query.timeoutSeconds)).toBeLessThanOrEqual(600);
    expect(bed.account).toMatchObject({ received: 6, sent: 6, held: 0, dropped: {}, closed: true });
  });

  it('leaves out what finds no room within its bound, until a full list shows it again', async () => {
    putPods(5);
    const octetsOf = ({ address }: KeptPod) => (address === '10.9.9.9' ? 300 : 100);
    await using bed = await ReflectorBed.synced(server.url, { bound: { maxOctets: 350, octetsOf } });
    expect(bed.kept.names).toEqual(['p0', 'p1', 'p2']);
    expect(bed.reflector.state.leftOut).toBe(2);
    expect(bed.kept.calls).toEqual(['replace 3', 'lack']);
    server.put('p0', { status: { podIP: '10.9.9.9' } });
    await bed.knows('p1', 'p2');
    server.put('p3', { status: { podIP: '10.0.0.3' } });
    await bed.knows('p1', 'p2', 'p3');
    expect(bed.account).toMatchObject({ received: 7, sent: 4, dropped: { 'no room': 3 }, closed: true });
    expect(bed.lines.join('\n')).toContain('objects are left out');
    for (const name of ['p0', 'p1', 'p2']) server.remove(name);
    await bed.knows('p3');
    server.compact();
    server.passVersions(10);
    server.watches[0]!.error(410, 'Expired');
    await bed.restart('expired');
    await bed.knows('p3', 'p4');
    expect(bed.reflector.state.leftOut).toBe(0);
  });

  it('lists again soon after there is room, and later each time that does not suffice', async () => {
    putPods(5);
    await using bed = await ReflectorBed.synced(server.url, {
      bound: { maxOctets: 300, octetsOf: () => 100 },
    });
    const listed = () => bed.kept.calls.filter((call) => call.startsWith('replace')).length;
    const remove = async (name: string, waitMs: number) => {
      server.remove(name);
      await until('the removal', () => bed.kept.calls.at(-1) === `remove ${name}`);
      const before = listed();
      bed.clock.advance(waitMs / 2 - 1);
      expect([bed.count('room again'), listed()]).toEqual([before - 1, before]);
      bed.clock.advance(waitMs / 2 + 1);
      await until('a list', () => listed() === before + 1);
    };
    await remove('p0', 10_000);
    expect(bed.kept.names).toEqual(['p1', 'p2', 'p3']);
    expect(bed.reflector.state.leftOut).toBe(1);
    await remove('p1', 20_000);
    expect(bed.kept.names).toEqual(['p2', 'p3', 'p4']);
    expect(bed.reflector.state.leftOut).toBe(0);
    server.remove('p2');
    await bed.knows('p3', 'p4');
    bed.clock.advance(1_000_000);
    expect(bed.count('room again')).toBe(2);
  });

  it('asks for no list when the room is taken before its time', async () => {
    putPods(3);
    await using bed = await ReflectorBed.synced(server.url, {
      bound: { maxOctets: 200, octetsOf: () => 100 },
    });
    server.remove('p0');
    server.put('p4');
    await bed.knows('p1', 'p4');
    bed.clock.advance(60_000);
    expect(bed.count('room again')).toBe(0);
  });

  it('keeps the old state when initial events are cut off before their end', async () => {
    putPods(3);
    await using bed = await ReflectorBed.synced(server.url);
    server.compact();
    server.passVersions(10);
    let isCut = false;
    server.fault = ({ query }) => {
      if (query.sendInitialEvents === undefined || isCut) return undefined;
      isCut = true;
      return (response) => {
        const object = { metadata: { name: 'late', uid: 'u', resourceVersion: '900' } };
        response
          .writeHead(200)
          .write(`${JSON.stringify({ type: 'ADDED', object })}\n`, () => response.destroy());
      };
    };
    server.watches[0]!.error(410, 'Expired');
    await bed.restart('expired');
    await until('the cut', () => bed.count('restart: connection lost') === 1);
    expect(bed.kept.names).toEqual(['p0', 'p1', 'p2']);
    expect(bed.account).toMatchObject({ dropped: { 'list not complete': 1 }, held: 0, closed: true });
    await bed.restart('connection lost');
    await until('a new state', () => bed.kept.calls.length === 2);
    expect(bed.kept.names).toEqual(['p0', 'p1', 'p2']);
    server.put('p3');
    await bed.knows('p0', 'p1', 'p2', 'p3');
  });

  it.each([400, 422])(
    'lists at once where initial events are refused with %d, and remembers that',
    async (code) => {
      putPods(2);
      server.fault = ({ query }) =>
        query.sendInitialEvents === undefined ? undefined : refuse(code, 'Invalid');
      await using bed = await ReflectorBed.synced(server.url);
      expect(bed.kept.calls).toEqual(['replace 2']);
      expect(bed.account.events).toEqual({ watch: 2, list: 1, 'initial events refused': 1 });
      const askedFor = () =>
        server.watchRequests.filter(({ query }) => query.sendInitialEvents !== undefined).length;

      const expire = async (times: number) => {
        await until('a watch', () => server.openWatches.length === 1);
        server.openWatches[0]!.error(410, 'Expired');
        await bed.restart('expired', times);
        await until(
          'another state',
          () => bed.kept.calls.filter((call) => /replace/.test(call)).length === times + 1,
        );
      };
      await expire(1);
      expect(askedFor()).toBe(1);
      server.gitVersion = 'v1.35.0';
      await expire(2);
      expect(askedFor()).toBe(2);
      await expire(3);
      expect(askedFor()).toBe(2);
      server.put('p2');
      await bed.knows('p0', 'p1', 'p2');
      bed.clock.advance(86_400_000);
      await until(
        'a new watch after the silence',
        () => server.openWatches.length === 1 && bed.count('restart: silent') > 0,
      );
      await expire(4);
      expect(askedFor()).toBe(3);
    },
  );

  it('lists in pages of one consistent state, never from version 0', async () => {
    server.hasInitialEvents = false;
    putPods(1_201);
    await using bed = await ReflectorBed.synced(server.url, { isMetadataOnly: true });
    expect(bed.kept.names).toHaveLength(1_201);
    expect(server.lists.map(({ query }) => query.limit)).toEqual(['500', '500', '500']);
    expect(server.lists.map(({ query }) => query.resourceVersion)).toEqual([undefined, undefined, undefined]);
    expect(server.lists[0]!.headers.accept).toMatch(
      /^application\/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,/,
    );
    await until('the watch', () => server.watchRequests.length === 2);
    expect(server.watchRequests[1]!.headers.accept).toMatch(/^application\/json;as=PartialObjectMetadata;/);
    expect(bed.account).toMatchObject({ received: 1_201, sent: 1_201, closed: true });
  });

  it('takes everything in one body from a server that ignores the limit, item by item', async () => {
    server.hasInitialEvents = false;
    const object = { metadata: { name: 'web', namespace: 'shop' }, status: { podIP: '10.0.0.1' } };
    const items = Array.from({ length: 5_000 }, (_, i) => ({
      ...object,
      metadata: { ...object.metadata, uid: `${i}` },
    }));
    let turns = 0;
    const looking = setInterval(() => turns++, 0);
    server.fault = ({ query, path }) => {
      if (query.watch !== undefined || path === '/version') return undefined;
      return (response) => response.end(JSON.stringify({ metadata: { resourceVersion: '100' }, items }));
    };
    await using bed = await ReflectorBed.synced(server.url);
    clearInterval(looking);
    expect(bed.kept.pods.size).toBe(5_000);
    expect(server.lists).toHaveLength(1);
    expect(turns).toBeGreaterThan(1);
  });

  it('starts over when a later page has expired, and never mixes two states', async () => {
    server.hasInitialEvents = false;
    putPods(1_201);
    server.fault = ({ query }) => {
      if (query.continue?.endsWith(':1000') !== true) return undefined;
      server.remove('p0'); // on the first page, which has been sent
      server.compact();
      return undefined;
    };
    await using bed = new ReflectorBed(server.url);
    await bed.reflector.start();
    await bed.restart('expired');
    await until('all that exists', () => bed.reflector.state.isSynced);
    expect(bed.kept.calls).toEqual(['replace 1200']);
    expect(bed.kept.pods.has('uid-p0')).toBe(false);
    // The second list asks for everything at once, so that no token can expire again.
    expect(server.lists.map(({ query }) => query.limit)).toEqual(['500', '500', '500', undefined]);
    expect(server.lists.every(({ query }) => !query.continue?.startsWith('newer'))).toBe(true);
    expect(bed.account).toMatchObject({ dropped: { 'list not complete': 1_000 }, closed: true });
  });

  it('survives half a list', async () => {
    server.hasInitialEvents = false;
    putPods(2);
    let isHalved = false;
    server.fault = ({ query, path }) => {
      if (query.watch !== undefined || path === '/version' || isHalved) return undefined;
      isHalved = true;
      return (response) => {
        const body =
          '{"kind":"PodList","metadata":{"resourceVersion":"5"},"items":[{"metadata":{"name":"x","uid":"x"}},{"met';
        response.writeHead(200).write(body, () => response.destroy());
      };
    };
    await using bed = new ReflectorBed(server.url);
    await bed.reflector.start();
    await bed.restart('connection lost');
    await bed.knows('p0', 'p1');
    expect(bed.kept.calls).toEqual(['replace 2']);
  });

  it('finds deletions that it missed by the whole state', async () => {
    putPods(3);
    await using bed = await ReflectorBed.synced(server.url);
    server.watches[0]!.mute();
    server.remove('p1');
    server.compact();
    server.watches[0]!.drop();
    await bed.restart('connection lost');
    await bed.restart('expired');
    await bed.knows('p0', 'p2');
    expect(bed.kept.calls).toEqual(['replace 3', 'replace 2']);
  });

  it('asks for a list where the end of the initial events does not come', async () => {
    putPods(2);
    server.fault = ({ query }) => {
      if (query.sendInitialEvents === undefined) return undefined;
      // An old server takes the parameter for none of its own.
      return (response) =>
        response.writeHead(200).write(`{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"1"}}}\n`);
    };
    await using bed = new ReflectorBed(server.url);
    await bed.reflector.start();
    await until('a watch', () => bed.count('watch') === 1 && server.watchRequests.length === 1);
    bed.clock.advance(180_000);
    await until('silence', () => bed.count('restart: silent') === 1);
    await bed.knows('p0', 'p1');
    expect(bed.kept.calls).toEqual(['replace 2']);
  });
});

describe('several reflectors of one client', () => {
  it('follow Pods although EndpointSlices are forbidden, and EndpointSlices as soon as they are allowed', async () => {
    putPods(2);
    const isForbidden = (path: string) => path.includes('endpointslices');
    server.fault = ({ path }) =>
      isForbidden(path) ? refuse(403, 'Forbidden', 'cannot list endpointslices') : undefined;
    await using bed = await ReflectorBed.synced(server.url);
    const slices = bed.another({ kind: resourceKinds.endpointSlices });
    await slices.reflector.start();
    for (let times = 1; times <= 3; times++) await slices.restart('forbidden', times);
    server.put('p2');
    await bed.knows('p0', 'p1', 'p2');
    const said = bed.lines.filter((line) => line.includes('endpointslices'));
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/watch endpointslices.discovery.k8s.io in the whole cluster \(403 Forbidden/);
    await until('another refusal', () => slices.count('restart: forbidden') === 4);
    server.fault = () => undefined;
    await slices.restart('forbidden', 4);
    await slices.knows('p0', 'p1', 'p2');
    await slices.reflector.stop();
  });
});
