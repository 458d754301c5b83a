import { describe, expect, it } from 'vitest';
import { SessionTable, type SessionTableOptions } from '../../../src/ipfix/collecting/session-table.ts';
import type { TransportSession } from '../../../src/ipfix/collecting/transport-session.ts';
import { createTemplate, elementOf } from '../../../src/ipfix/index.ts';
import { Ledger } from '../../../src/runtime/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** A template of so many fields. */
const wide = (fields: number, id = 256) =>
  createTemplate(
    id,
    Array.from({ length: fields }, (_, i) => ({ element: elementOf(40_000, i + 1), length: 1 })),
  );

class Bed {
  readonly clock = new FakeClock();
  readonly account = new Ledger().open('collector messages', 'messages');
  readonly ended: string[] = [];
  readonly table: SessionTable;

  constructor(options: Partial<SessionTableOptions> = {}) {
    this.table = new SessionTable({
      clock: this.clock,
      account: this.account,
      maxSessions: 32,
      maxAddressOctets: 1e9,
      maxOctets: 1e9,
      idleTimeoutMs: 1_800_000,
      templateLifetimeMs: 1_800_000,
      ...options,
    });
  }

  /** A session a millisecond after the one before, with a template of so many fields. */
  open(peer: string, protocol: 'tcp' | 'udp' = 'tcp', fields = 1): TransportSession {
    this.clock.advance(1);
    const session = this.table.open(protocol, peer, () => this.ended.push(peer));
    if (fields > 0) session.templates.put(1, wide(fields));
    return session;
  }

  get events() {
    return Object.fromEntries(this.account.events);
  }
}

describe('at the maximum number of sessions', () => {
  it('the address with too many sessions loses some, and other exporters lose none', () => {
    const bed = new Bed();
    const honest = bed.open('192.0.2.1:4739');
    for (let port = 1; port <= 10_000; port++) bed.open(`198.51.100.9:${port}`);
    const late = bed.open('192.0.2.2:4739');
    expect(bed.ended.filter((peer) => !peer.startsWith('198.51.100.9'))).toEqual([]);
    expect([...bed.table]).toEqual(expect.arrayContaining([honest, late]));
    expect(bed.table.size).toBe(32);
    expect(bed.events).toEqual({ 'sessions gave way': 10_002 - 32 });
  });

  it('the longest silent session is closed if no address exceeds its share, those without a template first', () => {
    const bed = new Bed({ maxSessions: 16 });
    const sessions = Array.from({ length: 16 }, (_, i) => bed.open(`192.0.2.${i}:1`));
    sessions[0]!.lastHeardMs = bed.clock.monotonic();
    for (const session of sessions) session.messages = 2;
    bed.open('198.51.100.1:1', 'tcp', 0);
    expect(bed.ended).toEqual(['192.0.2.1:1']);
    bed.open('198.51.100.2:1');
    expect(bed.ended).toEqual(['192.0.2.1:1', '198.51.100.1:1']);
  });

  it('sessions with a single message are closed before those of an active exporter', () => {
    const bed = new Bed();
    const honest = bed.open('192.0.2.1:4739', 'udp');
    honest.messages = 2;
    for (let n = 0; n < 10_000; n++) bed.open(`198.51.${n >> 8}.${n & 255}:1`, 'udp').messages = 1;
    expect([...bed.table]).toContain(honest);
    expect(bed.ended).not.toContain('192.0.2.1:4739');
    expect(bed.events).toEqual({ 'sessions gave way': 10_001 - 32 });
  });

  it('UDP sessions displace no TCP session', () => {
    const bed = new Bed();
    const honest = bed.open('192.0.2.1:4739');
    for (let n = 0; n < 10_000; n++) bed.open(`198.51.${n >> 8}.${n & 255}:1`, 'udp');
    expect(bed.table.size).toBe(33);
    expect([...bed.table]).toContain(honest);
    expect(bed.open('192.0.2.2:4739').protocol).toBe('tcp');
    expect(bed.ended.some((peer) => peer.startsWith('192.0.2'))).toBe(false);
  });
});

describe('the memory of sessions', () => {
  it('is bounded per address; its longest silent sessions are closed', () => {
    const bed = new Bed({ maxSessions: 1_000, maxAddressOctets: 1_000_000 });
    const honest = bed.open('192.0.2.1:4739', 'tcp', 50);
    for (let port = 0; port < 100; port++) bed.open(`198.51.100.9:${port}`, 'tcp', 1_000);
    expect(bed.table.octets).toBeLessThan(1_100_000);
    expect([...bed.table]).toContain(honest);
    expect(bed.ended[0]).toBe('198.51.100.9:0');
    expect(bed.ended).not.toContain('198.51.100.9:99');
    expect(bed.events['sessions gave way']).toBe(bed.ended.length);
  });

  it('is bounded in all; the address with the most memory loses sessions', () => {
    const bed = new Bed({ maxSessions: 1_000, maxOctets: 2_000_000 });
    const honest = bed.open('192.0.2.1:4739', 'tcp', 50);
    for (let n = 0; n < 200; n++) bed.open(`198.51.100.${n % 8}:${n}`, 'tcp', 500);
    expect(bed.table.octets).toBeLessThanOrEqual(2_000_000);
    expect([...bed.table]).toContain(honest);
    expect(bed.ended.some((peer) => peer.startsWith('192.0.2'))).toBe(false);
  });

  it('includes templates, domains and partial messages, and is returned afterwards', () => {
    const bed = new Bed();
    const session = bed.open('192.0.2.1:4739', 'tcp', 0);
    const empty = bed.table.octets;
    session.templates.put(1, wide(100));
    session.domain(7);
    session.hold(60_000);
    expect(bed.table.octets - empty).toBeGreaterThan(60_000 + 100 * 100);
    session.templates.delete(1, 256);
    session.hold(0);
    expect(bed.table.octets - empty).toBe(1024);
    bed.table.close(session);
    expect(bed.table.octets).toBe(0);
  });

  it('covers at most 256 domains per session; the longest silent one is forgotten', () => {
    const bed = new Bed();
    const session = bed.open('192.0.2.1:4739');
    for (let id = 1; id <= 256; id++) session.domain(id).lastMessageMs = id === 1 ? 1_000 : id;
    session.domain(257);
    expect(session.domains.size).toBe(256);
    expect([session.domains.has(1), session.domains.has(2), session.domains.has(257)]).toEqual([
      true,
      false,
      true,
    ]);
    expect(bed.events).toEqual({ 'domains forgotten': 1 });
  });
});

it('an address may announce 262,144 changed fields a minute over all its sessions', () => {
  const bed = new Bed();
  const [one, two, other] = ['192.0.2.1:1', '192.0.2.1:2', '192.0.2.2:1'].map((peer) => bed.open(peer));
  expect(one!.templates.admits(262_000)).toBe(true);
  expect(two!.templates.admits(1_000)).toBe(false);
  expect(other!.templates.admits(1_000)).toBe(true);
  bed.clock.advance(60_000);
  expect(two!.templates.admits(1_000)).toBe(true);
});
