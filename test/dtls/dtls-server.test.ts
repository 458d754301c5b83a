import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { DtlsContext as Context, type DtlsContext } from '../../src/dtls/index.ts';
import { contextOf, DtlsWire, strangerContext } from '../support/dtls-wire.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { TestAuthority } from '../support/test-authority.ts';
import { until } from '../support/until.ts';

/** Both ends of one authority, and a wire between them. */
function wiredEnds(directory: TemporaryDirectory) {
  const clock = new FakeClock(Date.now());
  const authority = new TestAuthority(directory.path);
  const paths = {
    server: authority.issue('server'),
    client: authority.issue('client', { names: ['DNS:node-a'] }),
  };
  const serverContext = contextOf('server', paths.server);
  const clientContext = contextOf('client', paths.client);
  const wire = new DtlsWire(clock, () => serverContext);
  return {
    clock,
    authority,
    paths,
    clientContext,
    wire,
    [Symbol.dispose]() {
      wire.free();
      serverContext.free();
      clientContext.free();
    },
  };
}

const text = (value: string) => Buffer.from(value);

/** Numbers from 0 to 1, the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

requires('openssl')('a DTLS server', () => {
  it('accepts clients on one socket, knows their certificates and receives their messages', () => {
    using directory = new TemporaryDirectory();
    using ends = wiredEnds(directory);
    const { wire, clientContext } = ends;
    const clients = [1, 2, 3].map((port) => wire.connect(clientContext, port));
    wire.deliver();
    for (const { client, peer } of clients) client.send(text(`from ${peer.port}`));
    wire.deliver();
    expect(clients.map(({ isOpen }) => isOpen)).toEqual([true, true, true]);
    expect(wire.received).toEqual(['from 1', 'from 2', 'from 3']);
    expect(wire.accepted[0]!.certificate?.subjectAltName).toBe('DNS:node-a');
    expect(wire.server).toMatchObject({ sessions: 3, handshakes: 0 });
    expect([wire.failures, wire.unread]).toEqual([[], []]);
  });

  it('keeps no state for forged sources, and sends them less than it receives', () => {
    using directory = new TemporaryDirectory();
    using ends = wiredEnds(directory);
    const { wire, clientContext } = ends;
    const hellos: Uint8Array[] = [];
    wire.carry = (datagram) => {
      hellos.push(datagram);
      return [];
    };
    wire.connect(clientContext, 1);
    const [hello] = hellos;
    for (let port = 1; port <= 5_000; port++) {
      wire.server.receive(hello!, { name: `198.51.100.7:${port}`, address: '198.51.100.7', port });
    }
    expect(wire.server).toMatchObject({ sessions: 0, handshakes: 0 });
    expect(wire.sentOctets).toBeLessThan(5_000 * hello!.length);
  });

  it('refuses an old cookie, and one of another address, port or client', () => {
    using directory = new TemporaryDirectory();
    using ends = wiredEnds(directory);
    const { wire, clientContext, clock } = ends;
    const toServer: Uint8Array[] = [];
    wire.carry = (datagram, direction) => {
      if (direction === 'to server') toServer.push(datagram);
      return toServer.length < 2 ? [datagram] : [];
    };
    wire.connect(clientContext, 1);
    wire.deliver();
    const withCookie = toServer[1]!;
    wire.server.receive(withCookie, { name: '192.0.2.1:2', address: '192.0.2.1', port: 2 });
    wire.server.receive(withCookie, { name: '192.0.2.2:1', address: '192.0.2.2', port: 1 });
    const otherRandom = Buffer.from(withCookie);
    otherRandom[13 + 12 + 2]! ^= 1;
    wire.server.receive(otherRandom, { name: '192.0.2.1:1', address: '192.0.2.1', port: 1 });
    expect(wire.server.handshakes).toBe(0);
    clock.advance(60_000);
    wire.server.receive(otherRandom, { name: '192.0.2.1:1', address: '192.0.2.1', port: 1 });
    clock.advance(60_000);
    wire.server.receive(withCookie, { name: '192.0.2.1:1', address: '192.0.2.1', port: 1 });
    expect(wire.server.handshakes).toBe(0);
  });

  it('accepts a new session from the same address and port, which then ends the old one', () => {
    using directory = new TemporaryDirectory();
    using ends = wiredEnds(directory);
    const { wire, clientContext } = ends;
    const before = wire.connect(clientContext, 1);
    wire.deliver();
    const after = wire.connect(clientContext, 1);
    wire.deliver();
    after.client.send(text('after'));
    wire.deliver();
    expect([before.isOpen, after.isOpen]).toEqual([true, true]);
    expect(wire.received).toEqual(['after']);
    expect(wire.ended).toEqual(['192.0.2.1:1 closed']);
    expect(wire.server).toMatchObject({ sessions: 1, handshakes: 0 });
    before.client.free();
  });

  it('keeps a session despite forged hellos, alerts and noise', () => {
    using directory = new TemporaryDirectory();
    using ends = wiredEnds(directory);
    const { wire, clientContext, clock } = ends;
    const sent: Uint8Array[] = [];
    wire.carry = (datagram, direction) => {
      if (direction === 'to server') sent.push(datagram);
      return [datagram];
    };
    const honest = wire.connect(clientContext, 1);
    wire.deliver();
    const hellos = sent.slice(0, 2);
    const alert = Buffer.from([21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40]);
    const closing = Buffer.from([21, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 9, 0, 2, 1, 0]);
    const noise = [22, 23].map((type) =>
      Buffer.concat([Buffer.from([type, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 99, 0, 60]), randomBytes(60)]),
    );
    for (const forged of [...hellos, ...sent, alert, closing, ...noise, randomBytes(900)]) {
      wire.server.receive(forged, honest.peer);
      clock.advance(11_000);
    }
    honest.client.send(text('still here'));
    wire.deliver();
    expect(wire.received).toEqual(['still here']);
    expect(wire.server).toMatchObject({ sessions: 1, handshakes: 0 });
    expect(wire.ended).toEqual([]);
  });

  it.each(['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305'])(
    'keeps a session with %s despite any forged records, at both ends',
    (suite) => {
      using directory = new TemporaryDirectory();
      using ends = wiredEnds(directory);
      const { wire, paths, clock } = ends;
      const context = contextOf('client', paths.client, suite);
      const seen: Uint8Array[] = [];
      wire.carry = (datagram) => {
        seen.push(datagram);
        return [datagram];
      };
      const honest = wire.connect(context, 1);
      wire.deliver();
      const receive = (forged: Uint8Array) => {
        wire.server.receive(forged, honest.peer);
        honest.client.receive(forged);
      };
      for (const type of [20, 21, 22, 23]) {
        for (const epoch of [0, 1, 2]) {
          for (let length = 0; length < 80; length++) {
            const header = [type, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 1, length, 0, length];
            receive(Buffer.concat([Buffer.from(header), randomBytes(length)]));
          }
        }
      }
      const random = randomFrom(2);
      const real = seen.slice(2); // a hello may begin a handshake
      for (let round = 0; round < 3_000; round++) {
        const broken = Buffer.from(real[Math.floor(random() * real.length)]!);
        broken[Math.floor(random() * Math.min(broken.length, 30))] = Math.floor(random() * 256);
        receive(broken.subarray(0, 1 + Math.floor(random() * broken.length)));
        receive(broken);
        if (round % 100 === 0) clock.advance(1_000);
      }
      wire.received.length = 0;
      honest.client.send(text('still here'));
      wire.deliver();
      expect(wire.received).toEqual(['still here']);
      expect([honest.ending, wire.ended, wire.failures]).toEqual([undefined, [], []]);
      context.free();
    },
  );

  it('reads nothing of one client for another, however long a datagram is that ends a handshake', () => {
    using directory = new TemporaryDirectory();
    using ends = wiredEnds(directory);
    const { wire, clientContext } = ends;
    const { client } = wire.connect(clientContext, 1);
    wire.deliver();
    const alert = [21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40];
    const header = [22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 2, 0]; // of 512 octets that do not follow
    for (let shift = 0; shift < header.length; shift++) {
      let hellos = 2; // the second has the cookie, and begins the handshake
      wire.carry = (datagram, direction) => (direction === 'to client' || hellos-- > 0 ? [datagram] : []);
      const { peer } = wire.connect(clientContext, 2 + shift);
      wire.deliver();
      // OpenSSL reads less at once, and looks for a header in each 13 octets of the rest.
      const ending = Buffer.from([...alert, ...new Array(18_000 + shift).fill(0), ...header]);
      wire.server.receive(ending, peer);
      expect(wire.failures).toHaveLength(shift + 1);
      wire.carry = (datagram) => [datagram];
      client.send(text(`after ${shift}`));
      wire.deliver();
      expect(wire.received.at(-1)).toBe(`after ${shift}`);
    }
  });

  it('reads no record twice', () => {
    using directory = new TemporaryDirectory();
    using ends = wiredEnds(directory);
    const { wire, clientContext } = ends;
    const { client } = wire.connect(clientContext, 1);
    wire.deliver();
    wire.carry = (datagram) => [datagram, datagram];
    client.send(text('once'));
    wire.deliver();
    expect(wire.received).toEqual(['once']);
    expect(wire.unread).toEqual(['repeated or not authentic']);
  });

  it('completes handshakes despite loss, repetition and reordering', async () => {
    using directory = new TemporaryDirectory();
    using ends = wiredEnds(directory);
    const { wire, clientContext, clock } = ends;
    const random = randomFrom(1);
    wire.carry = (datagram) => {
      const chance = random();
      return chance < 0.05 ? [] : chance < 0.1 ? [datagram, datagram] : [datagram];
    };
    const clients = Array.from({ length: 20 }, (_, port) => wire.connect(clientContext, port + 1));
    let beforeMs = performance.now();
    await until('all sessions', () => {
      wire.deliverShuffled(random);
      const nowMs = performance.now();
      clock.advance(nowMs - beforeMs); // OpenSSL waits by the system's clock until it sends a flight again
      beforeMs = nowMs;
      return clients.every(({ isOpen }) => isOpen);
    });
    expect(wire.failures).toEqual([]);
    expect(wire.server.sessions).toBe(20);
  });

  it('reports a fault of a certificate at both ends', () => {
    using directory = new TemporaryDirectory();
    using elsewhere = new TemporaryDirectory();
    using ends = wiredEnds(directory);
    const { wire, authority, paths } = ends;
    const foreign = new TestAuthority(elsewhere.path, 'other-ca');
    const cases: [string, DtlsContext, string?][] = [
      ['expired', contextOf('client', authority.issue('late', { fromDay: -3, toDay: -1 }))],
      ['early', contextOf('client', authority.issue('early', { fromDay: 1, toDay: 2 }))],
      ['stranger', strangerContext(foreign.issue('stranger'), paths.client)],
      ['mistrusting', contextOf('client', foreign.issue('mistrusting'))],
      ['wrong name', contextOf('client', paths.client), 'collector.example'],
      ['wrong address', contextOf('client', paths.client), '192.0.2.9'],
    ];
    const found = cases.map(([name, context, serverName], index) => {
      const wired = wire.connect(context, 10 + index, serverName === undefined ? {} : { serverName });
      wire.deliver();
      context.free();
      return [name, wired.ending?.code, wire.failures.pop()];
    });
    expect(found).toEqual([
      ['expired', expect.stringMatching(/ALERT_CERTIFICATE_EXPIRED$/), 'CERT_HAS_EXPIRED'],
      ['early', expect.stringMatching(/ALERT_BAD_CERTIFICATE$/), 'CERT_NOT_YET_VALID'],
      ['stranger', expect.stringMatching(/ALERT_UNKNOWN_CA$/), 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'],
      ['mistrusting', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', expect.stringMatching(/ALERT_UNKNOWN_CA$/)],
      ['wrong name', 'ERR_TLS_CERT_ALTNAME_INVALID', expect.stringMatching(/ALERT_BAD_CERTIFICATE$/)],
      ['wrong address', 'ERR_TLS_CERT_ALTNAME_INVALID', expect.stringMatching(/ALERT_BAD_CERTIFICATE$/)],
    ]);
    expect(wire.server).toMatchObject({ sessions: 0, handshakes: 0 });
  });

  it('sends close_notify to its clients, and receives theirs', () => {
    using directory = new TemporaryDirectory();
    using ends = wiredEnds(directory);
    const { wire, clientContext } = ends;
    const [first, second, third] = [1, 2, 3].map((port) => wire.connect(clientContext, port));
    wire.deliver();
    first!.client.close();
    wire.accepted[1]!.end();
    wire.deliver();
    expect(wire.ended).toEqual(['192.0.2.1:1 closed']);
    wire.server.stop();
    wire.deliver();
    expect([first, second, third].map((wired) => wired!.ending)).toEqual([null, null, null]);
    expect(wire.server.sessions).toBe(0);
  });

  it('resets sessions of an earlier process, and clients ignore forged resets', () => {
    using directory = new TemporaryDirectory();
    using ends = wiredEnds(directory);
    const { wire, clientContext } = ends;
    const wired = wire.connect(clientContext, 1);
    wire.deliver();
    const forged = Buffer.concat([
      Buffer.from([21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 2, 10]),
      Buffer.alloc(8),
    ]);
    wired.client.receive(forged);
    wired.client.receive(Buffer.concat([forged.subarray(0, 15), randomBytes(8)]));
    expect(wired.ending).toBeUndefined();
    wire.carry = () => []; // the end is not heard
    wire.server.stop();
    wire.carry = (datagram) => [datagram];
    wired.client.send(text('into the void, but long enough'));
    wire.deliver();
    expect(wired.ending?.code).toBe('ERR_DTLS_RESET');
    expect(wire.unread).toEqual(['no DTLS session']);
  });

  it('bounds the time and memory of unfinished handshakes', () => {
    using directory = new TemporaryDirectory();
    using ends = wiredEnds(directory);
    const { wire, clientContext, clock } = ends;
    wire.carry = (datagram, direction) =>
      direction === 'to client' && datagram.length > 100 ? [] : [datagram];
    const stuck = wire.connect(clientContext, 1);
    wire.deliver();
    expect(wire.server.handshakes).toBe(1);
    const ofNextEpoch = Buffer.concat([
      Buffer.from([22, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 0, 0, 40]),
      randomBytes(40),
    ]);
    for (let number = 0; number < 20; number++) wire.server.receive(ofNextEpoch, stuck.peer);
    expect(wire.failures).toEqual(['ERR_DTLS_FLOOD']);
    wire.connect(clientContext, 2);
    wire.deliver();
    clock.advance(10_100);
    expect(wire.failures).toEqual(['ERR_DTLS_FLOOD', 'ERR_DTLS_TIMEOUT']);
    expect(wire.server).toMatchObject({ sessions: 0, handshakes: 0 });
  });

  it('survives clients whose flights are broken on their way, and frees what they cost', () => {
    using directory = new TemporaryDirectory();
    using ends = wiredEnds(directory);
    const { wire, clientContext, clock } = ends;
    const random = randomFrom(3);
    const within = (length: number) => Math.floor(random() * length);
    wire.carry = (datagram, direction) => {
      if (direction === 'to client' || random() < 0.3) return [datagram];
      const broken = Buffer.from(datagram);
      for (let times = 1 + within(4); times > 0; times--) broken[within(broken.length)] = within(256);
      return random() < 0.5 ? [broken] : [broken.subarray(0, 1 + within(broken.length)), datagram];
    };
    for (let port = 1; port <= 300; port++) {
      const { client } = wire.connect(clientContext, port);
      wire.deliver();
      client.free();
    }
    wire.carry = (datagram) => [datagram];
    clock.advance(11_000);
    expect(wire.server.handshakes).toBe(0);
    const honest = wire.connect(clientContext, 1_000);
    wire.deliver();
    honest.client.send(text('unharmed'));
    wire.deliver();
    expect(wire.received).toContain('unharmed');
  });

  it('refuses a client whose certificate is not allowed, with the reason', () => {
    using directory = new TemporaryDirectory();
    using ends = wiredEnds(directory);
    const { wire, clientContext } = ends;
    wire.admits = () => false;
    const wired = wire.connect(clientContext, 1);
    wire.deliver();
    wired.client.send(text('may I?'));
    wire.deliver();
    expect(wired.ending).toBeNull();
    expect(wire.heard).toEqual(['not you']);
    expect([wire.received, wire.server.sessions]).toEqual([[], 0]);
  });

  it('drops a handshake of the address with the most for one of another address', () => {
    using directory = new TemporaryDirectory();
    using ends = wiredEnds(directory);
    const { wire, clientContext } = ends;
    wire.carry = (datagram, direction) =>
      direction === 'to client' && datagram.length > 100 ? [] : [datagram];
    for (let port = 1; port <= 1_050; port++) {
      const { client } = wire.connect(clientContext, port, { address: '198.51.100.7' });
      wire.deliver();
      client.free();
    }
    expect(wire.server.handshakes).toBe(1_024);
    expect(wire.putOff).toBe(26);
    wire.carry = (datagram) => [datagram];
    const honest = wire.connect(clientContext, 1);
    wire.deliver();
    expect(honest.isOpen).toBe(true);
    expect(wire.failures).toEqual(['ERR_DTLS_CROWDED']);
  });
});

requires('openssl')('a DTLS context', () => {
  it('reports unusable material, and leaks no memory', () => {
    using directory = new TemporaryDirectory();
    const authority = new TestAuthority(directory.path);
    const [one, other] = [authority.issue('one'), authority.issue('other')];
    for (const suite of ['NO-SUCH-SUITE', 'ECDHE-ECDSA-AES128-SHA256']) {
      expect(() => contextOf('server', one, suite)).toThrow(`cipher suites "${suite}": no cipher match`);
    }
    const nothing = { ca: text(''), own: { cert: text('nothing'), key: text('') } };
    expect(() => new Context({ role: 'client', material: nothing })).toThrow(
      /authority's certificates: there is none/,
    );
    expect(() => strangerContext({ ...one, keyFile: other.keyFile }, one)).toThrow(
      /the key: key values mismatch/i,
    );
  });
});
