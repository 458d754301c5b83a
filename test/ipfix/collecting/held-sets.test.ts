import { describe, expect, it } from 'vitest';
import { HeldSets } from '../../../src/ipfix/collecting/held-sets.ts';
import { TransportSession } from '../../../src/ipfix/collecting/transport-session.ts';
import { message, set } from '../../support/ipfix-octets.ts';

const keeper = { now: () => 0, grow: () => {}, admits: () => true, note: () => {}, hear: () => {} };
const sessionOf = (peer: string) => new TransportSession('udp', peer, keeper, () => {});

/** A data set of so many octets for a template, of the domain 7. */
const data = (templateId: number, octets = 4) => message(set(templateId, new Uint8Array(octets)));
const RECORDS = 20;
const DOMAIN = 7;

describe('data sets waiting for their template', () => {
  it('are handed out once, in order of arrival', () => {
    const held = new HeldSets(5_000);
    const session = sessionOf('192.0.2.1:1');
    const [first, other, second] = [256, 257, 256].map((id) => held.hold(session, data(id), RECORDS, 0));
    expect(held.take(session, DOMAIN, 256)).toEqual([first, second]);
    expect(held.take(session, DOMAIN, 256)).toEqual([]);
    expect(held.take(sessionOf('192.0.2.1:1'), DOMAIN, 257)).toEqual([]);
    expect(held.take(session, DOMAIN, 257)).toEqual([other]);
    expect([held.isEmpty, held.givenUp]).toEqual([true, 0]);
  });

  it('are dropped after waiting too long', () => {
    const held = new HeldSets(5_000);
    const session = sessionOf('192.0.2.1:1');
    held.hold(session, data(256), RECORDS, 0);
    const later = held.hold(session, data(256), RECORDS, 1_000);
    held.expire(5_000);
    expect(held.givenUp).toBe(1);
    expect(held.take(session, DOMAIN, 256)).toEqual([later]);
  });

  it('use at most 128 KiB per session; its oldest are dropped', () => {
    const held = new HeldSets(5_000);
    const session = sessionOf('192.0.2.1:1');
    const sets = Array.from({ length: 300 }, () => held.hold(session, data(256, 1_000), RECORDS, 0));
    const left = held.take(session, DOMAIN, 256);
    expect(left.length * 1_532).toBeLessThanOrEqual(131_072);
    expect(left).toEqual(sets.slice(-left.length));
    expect(held.givenUp).toBe(300 - left.length);
  });

  it('use at most 1 MiB in all; the session with the most loses some', () => {
    const held = new HeldSets(5_000);
    const honest = sessionOf('192.0.2.1:1');
    const own = held.hold(honest, data(256), RECORDS, 0);
    let others = 0;
    for (let n = 0; n < 20; n++) {
      const session = sessionOf(`198.51.100.1:${n}`);
      for (let i = 0; i < 100; i++, others++) held.hold(session, data(300 + i, 1_000), RECORDS, 0);
    }
    expect(others - held.givenUp).toBeLessThanOrEqual(1_048_576 / 1_532);
    expect(held.take(honest, DOMAIN, 256)).toEqual([own]);
  });
});
