import { describe, expect, it } from 'vitest';
import { SessionDelivery } from '../../../src/ipfix/exporting/session-delivery.ts';

/** Ten messages of 100 octets and one record, one a second from the time 1000 on. */
function tenMessages(isReliable: boolean): SessionDelivery {
  const delivery = new SessionDelivery(isReliable);
  delivery.placed(0);
  for (let second = 1; second <= 10; second++) {
    const end = delivery.sending(100, second * 1_000);
    delivery.taken(end, 1, second * 1_000);
  }
  return delivery;
}

const acknowledged = (octets: number, more = {}) => ({
  acknowledgedOctets: octets,
  unreadOctets: 200,
  isUnanswered: false,
  ...more,
});

describe('records that may be lost, of a TCP session', () => {
  it('are none when both ends closed it and everything was acknowledged', () => {
    const delivery = tenMessages(true);
    delivery.look(acknowledged(1_000), 10_000);
    expect(delivery.unconfirmedRecords('closed', 10_000)).toBe(0);
  });

  it('are those that were not acknowledged, when the collector closed it', () => {
    const delivery = tenMessages(true);
    delivery.look(acknowledged(650), 10_000);
    expect(delivery.unconfirmedRecords('closed', 10_000)).toBe(4);
  });

  it('are also those that may have waited unread, when it was reset', () => {
    const delivery = tenMessages(true);
    delivery.look(acknowledged(800), 10_000);
    expect(delivery.unconfirmedRecords('refused', 10_000)).toBe(4);
  });

  it('are also those of the two seconds before the host fell silent', () => {
    const delivery = tenMessages(true);
    delivery.look(acknowledged(800), 8_500);
    delivery.look(acknowledged(800, { isUnanswered: true }), 9_500);
    expect(delivery.unansweredSinceMs).toBe(9_500);
    expect(delivery.unconfirmedRecords('silent', 30_000)).toBe(3);
  });

  it('are all that it remembers, where nothing is known of the other end', () => {
    expect(tenMessages(true).unconfirmedRecords('closed', 10_000)).toBe(10);
  });

  it('are silent no more when an answer comes', () => {
    const delivery = tenMessages(true);
    delivery.look(acknowledged(800, { isUnanswered: true }), 9_500);
    delivery.look(acknowledged(1_000), 10_000);
    expect(delivery.unansweredSinceMs).toBeUndefined();
  });
});

describe('records that may be lost, of a UDP session', () => {
  it('are those of the two seconds before the last datagram, when that was refused', () => {
    expect(tenMessages(false).unconfirmedRecords('refused', 60_000)).toBe(3);
    const refreshed = tenMessages(false);
    refreshed.sending(100, 60_000);
    expect(refreshed.unconfirmedRecords('refused', 60_000)).toBe(0);
  });

  it('are those since the name was last seen to have the address, when it has moved', () => {
    const delivery = tenMessages(false);
    expect(delivery.unconfirmedRecords('silent', 10_000)).toBe(10);
    delivery.placed(8_500);
    expect(delivery.unconfirmedRecords('silent', 10_000)).toBe(2);
  });
});

it('remembers no more than a bounded number of messages', () => {
  const delivery = new SessionDelivery(true);
  for (let i = 1; i <= 20_000; i++) delivery.taken(delivery.sending(100, i * 10), 1, i * 10);
  expect(delivery.unconfirmedRecords('refused', 200_000)).toBe(8_192);
});
