import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeApiServer, refuse } from '../../support/fake-api-server.ts';
import { keepPod, ReflectorBed } from '../../support/reflector-bed.ts';
import { until } from '../../support/until.ts';

let server: FakeApiServer;
beforeEach(async () => {
  server = await FakeApiServer.start();
  server.put('a');
  server.put('b');
});
afterEach(() => server[Symbol.asyncDispose]());

const watch = async () => {
  await until('an open watch', () => server.openWatches.length === 1);
  return server.openWatches[0]!;
};
const fullStates = (bed: ReflectorBed) => bed.kept.calls.filter((call) => call.startsWith('replace')).length;
const resumedFrom = () => server.watchRequests.at(-1)!.query.resourceVersion;

describe('a reflector that watches', () => {
  it('goes on from the last version when the server ends the watch', async () => {
    await using bed = await ReflectorBed.synced(server.url);
    server.put('c');
    await bed.knows('a', 'b', 'c');
    (await watch()).end();
    await until('the end', () => bed.count('restart: ended') === 1);
    await until('a second watch', () => server.watches.length === 2);
    server.put('d');
    await bed.knows('a', 'b', 'c', 'd');
    expect(resumedFrom()).toBe('103');
    expect(bed.kept.calls).toEqual(['replace 2', 'upsert c', 'upsert d']);
    expect(bed.reflector.state.lastError).toBeUndefined();
  });

  it('keeps its version young by bookmarks, so that a quiet kind needs no list', async () => {
    await using bed = await ReflectorBed.synced(server.url);
    server.passVersions(1_000);
    bed.clock.advance(60_000);
    server.bookmark();
    server.compact();
    await until('the bookmark', () => bed.reflector.state.heardMs === bed.clock.monotonic());
    (await watch()).end();
    await until('a second watch', () => server.watches.length === 2);
    expect(resumedFrom()).toBe('1102');
    expect(fullStates(bed)).toBe(1);
  });

  it('misses nothing when the connection breaks', async () => {
    await using bed = await ReflectorBed.synced(server.url);
    (await watch()).drop();
    await until('the break', () => bed.count('restart: connection lost') === 1);
    expect(bed.reflector.state).toMatchObject({
      isSynced: true,
      lastError: expect.stringContaining('connection broke'),
    });
    expect(bed.reflector.state.staleSinceMs).toBeDefined();
    server.put('c');
    server.remove('a');
    await bed.restart('connection lost');
    await bed.knows('b', 'c');
    expect(bed.kept.calls).toEqual(['replace 2', 'upsert c', 'remove a']);
    await until('a current state', () => bed.reflector.state.staleSinceMs === undefined);
  });

  it('opens a new watch from the last version when a half-open connection is silent for 3 minutes', async () => {
    await using bed = await ReflectorBed.synced(server.url);
    (await watch()).mute();
    server.put('c');
    bed.clock.advance(179_000);
    expect(bed.count('restart: silent')).toBe(0);
    bed.clock.advance(1_000);
    await bed.knows('a', 'b', 'c');
    expect(bed.count('restart: silent')).toBe(1);
    expect(resumedFrom()).toBe('102');
    expect(fullStates(bed)).toBe(1);
    expect(server.lists).toEqual([]);
  });

  it.each(['an event', 'a status'])(
    'needs one full state when its version has expired as %s, and makes no loop',
    async (how) => {
      await using bed = await ReflectorBed.synced(server.url);
      const first = await watch();
      first.mute();
      server.put('c');
      server.remove('a');
      server.compact();
      if (how === 'a status') {
        first.drop();
        await bed.restart('connection lost');
      } else {
        first.end();
        server.fault = ({ query }) =>
          query.resourceVersion === undefined
            ? undefined
            : (response) =>
                response.end(
                  `{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}\n`,
                );
      }
      await bed.restart('expired');
      await bed.knows('b', 'c');
      expect(fullStates(bed)).toBe(2);
      server.put('d');
      await bed.knows('b', 'c', 'd');
      expect(bed.count('restart: expired')).toBe(1);
    },
  );

  it('waits for an API server that has not seen its version yet, then reads a consistent state', async () => {
    await using bed = await ReflectorBed.synced(server.url);
    server.fault = ({ query }) =>
      query.resourceVersion === undefined
        ? undefined
        : refuse(504, 'Timeout', 'Too large resource version: 102, current: 90', {
            details: { retryAfterSeconds: 1, causes: [{ reason: 'ResourceVersionTooLarge' }] },
          });
    (await watch()).drop();
    await bed.restart('connection lost');
    for (let times = 1; times <= 3; times++) {
      await bed.restart('version too new', times);
      expect(resumedFrom()).toBe('102');
    }
    expect(fullStates(bed)).toBe(1);
    await until('a consistent state', () => fullStates(bed) === 2);
    expect(
      server.requests.every(
        ({ query }) => query.resourceVersion === undefined || query.resourceVersion === '102',
      ),
    ).toBe(true);
    server.put('c');
    await bed.knows('a', 'b', 'c');
  });

  it('comes back later when the server asks for it, in a status and in an event', async () => {
    await using bed = await ReflectorBed.synced(server.url);
    server.fault = () => refuse(429, 'TooManyRequests', 'busy', {}, { 'retry-after': '20' });
    (await watch()).error(429, 'TooManyRequests');
    await bed.restart('busy');
    await until('a refusal', () => bed.count('restart: busy') === 2);
    const { length } = server.requests;
    server.fault = () => undefined;
    server.put('c');
    bed.clock.advance(19_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.requests).toHaveLength(length);
    bed.clock.advance(11_000);
    await bed.knows('a', 'b', 'c');
    expect(resumedFrom()).toBe('102');
    expect(fullStates(bed)).toBe(1);
  });

  it('tries an internal error of the server three times from its version, then gets a full state', async () => {
    await using bed = await ReflectorBed.synced(server.url);
    server.fault = ({ query }) =>
      query.resourceVersion === undefined ? undefined : refuse(500, 'InternalError', 'etcd');
    (await watch()).error(500, 'InternalError', 'etcd');
    for (let times = 1; times <= 4; times++) await bed.restart('server error', times);
    await until('a full state', () => fullStates(bed) === 2);
    expect(server.watchRequests.map(({ query }) => query.resourceVersion)).toEqual([
      undefined,
      '102',
      '102',
      '102',
      undefined,
    ]);
  });

  it('waits between watches that a proxy ends at once', async () => {
    await using bed = await ReflectorBed.synced(server.url);
    server.fault = () => (response) => response.writeHead(200).end();
    (await watch()).end();
    await until('the end', () => bed.count('restart: ended at once') === 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.watchRequests).toHaveLength(2);
    for (let times = 1; times <= 5; times++) await bed.restart('ended at once', times);
    expect(fullStates(bed)).toBe(1);
  });

  it('counts a garbage line, and goes on from the last version', async () => {
    await using bed = await ReflectorBed.synced(server.url);
    server.put('c');
    await bed.knows('a', 'b', 'c');
    (await watch()).write('{"type":"ADDED","object":{"metada\n');
    server.put('d');
    await until('the garbage', () => bed.count('line unreadable') === 1);
    await bed.restart('unreadable');
    await bed.knows('a', 'b', 'c', 'd');
    expect(resumedFrom()).toBe('103');
    expect(bed.lines.join('\n')).toContain('a line of the watch cannot be read');
  });

  it('gets a full state when a line stays unreadable', async () => {
    await using bed = await ReflectorBed.synced(server.url);
    server.fault = ({ query }) =>
      query.resourceVersion === undefined ? undefined : (response) => response.end('?\n');
    (await watch()).end();
    for (let times = 1; times <= 4; times++) await bed.restart('unreadable', times);
    await until('a full state', () => fullStates(bed) === 2);
    expect(bed.count('line unreadable')).toBe(4);
  });

  it('drops an object of 3 MB, says so, and goes on', async () => {
    await using bed = await ReflectorBed.synced(server.url);
    const object = {
      metadata: { name: 'huge', uid: 'h', resourceVersion: '102', annotations: { a: 'x'.repeat(3_000_000) } },
    };
    (await watch()).event('ADDED', object);
    server.put('c');
    await bed.knows('a', 'b', 'c');
    expect(bed.account).toMatchObject({
      received: 4,
      sent: 3,
      dropped: { 'object too large': 1 },
      closed: true,
    });
    expect(bed.lines.join('\n')).toMatch(
      /too large to be read: \{"type":"ADDED","object":\{"metadata":\{"name":"huge"/,
    );
    expect(server.watches).toHaveLength(1);
  });

  it('reads two objects in a chunk, and characters that are split between chunks', async () => {
    await using bed = await ReflectorBed.synced(server.url);
    const line = (name: string, version: string) =>
      `${JSON.stringify({ type: 'ADDED', object: { metadata: { name, uid: name, resourceVersion: version } } })}\n`;
    const octets = Buffer.from(line('c', '103') + line('dürüm', '104'));
    const middle = octets.indexOf(Buffer.from('ü')) + 1;
    const open = await watch();
    open.write(octets.subarray(0, middle));
    await bed.knows('a', 'b', 'c');
    open.write(octets.subarray(middle));
    await bed.knows('a', 'b', 'c', 'dürüm');
  });

  it('gives a handler that throws the whole state again', async () => {
    await using bed = await ReflectorBed.synced(server.url);
    bed.kept.before = (call) => {
      if (call === 'upsert c') throw new Error('no room');
    };
    server.put('c');
    server.put('d');
    await bed.restart('handler failed');
    await bed.knows('a', 'b', 'c', 'd');
    expect(bed.kept.calls).toEqual(['replace 2', 'replace 4']);
    expect(bed.lines.join('\n')).toContain('what came could not be stored: no room');
    bed.kept.before = () => {
      throw new Error('no room at all');
    };
    server.put('e');
    await bed.restart('handler failed', 2);
    await until('a third failure', () => bed.count('restart: handler failed') === 3);
    expect(bed.account.closed).toBe(true);
    bed.kept.before = () => {};
    bed.clock.advance(60_000);
    await bed.knows('a', 'b', 'c', 'd', 'e');
  });

  it('counts an object that cannot be slimmed, and tells the others', async () => {
    await using bed = await ReflectorBed.synced(server.url, {
      slim: (object) => {
        if (object.metadata.name === 'odd') throw new TypeError('status.podIPs is no list');
        return keepPod(object);
      },
    });
    server.put('odd');
    server.put('c');
    await bed.knows('a', 'b', 'c');
    expect(bed.account).toMatchObject({ dropped: { 'object unreadable': 1 }, closed: true });
    expect(bed.lines.join('\n')).toContain('shop/odd cannot be read: status.podIPs is no list');
  });

  it('keeps a Pod that was made again under its name when the deletion of the old one comes late', async () => {
    await using bed = await ReflectorBed.synced(server.url);
    server.put('web-0', {}, 'old');
    server.put('web-0', {}, 'new');
    server.remove('web-0', 'old');
    await until('the deletion', () => bed.kept.calls.includes('remove web-0'));
    expect([...bed.kept.pods.keys()]).toEqual(['uid-a', 'uid-b', 'new']);
  });

  it('stops at once while it watches, waits, lists or connects', async () => {
    for (const situation of ['watches', 'waits', 'lists', 'connects']) {
      const bed = new ReflectorBed(server.url);
      server.fault = () => undefined;
      if (situation === 'waits') server.fault = () => refuse(500, 'InternalError');
      if (situation === 'lists')
        server.fault = () => (response) => response.writeHead(200).write('{"metadata":{');
      if (situation === 'connects') server.fault = () => () => {};
      const before = server.requests.length;
      await bed.reflector.start();
      await until('the request', () => server.requests.length > before);
      if (situation === 'watches') await until('the state', () => bed.reflector.state.isSynced);
      if (situation === 'waits') await until('the wait', () => bed.count('restart: server error') === 1);
      await bed.reflector.stop();
      const { length } = bed.kept.calls;
      server.fault = () => undefined;
      server.put('later', {}, situation);
      bed.clock.advance(600_000);
      expect(bed.kept.calls).toHaveLength(length);
      expect(bed.account.closed).toBe(true);
      bed.client.close();
    }
  });

  it('follows an API server that is away at its start', async () => {
    const { port } = server;
    await server.stop();
    await using bed = new ReflectorBed(`http://127.0.0.1:${port}`);
    await bed.reflector.start();
    await until('a refusal', () => bed.count('restart: unreachable') === 1);
    expect(bed.reflector.state).toMatchObject({
      isSynced: false,
      lastError: expect.stringContaining('ECONNREFUSED'),
    });
    server = await FakeApiServer.start(undefined, port);
    server.put('a');
    await bed.restart('unreachable');
    await bed.knows('a');
    expect(bed.reflector.state).toMatchObject({ isSynced: true, staleSinceMs: undefined });
  });
});
