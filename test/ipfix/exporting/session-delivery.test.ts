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

describe('possibly lost records of a TCP session', () => {
  it('are none when both ends closed it after full acknowledgement', () => {
    const delivery = tenMessages(true);
    delivery.look(acknowledged(1_000), 10_000);
    expect(delivery.unconfirmedRecords('closed', 10_000)).toBe(0);
  });

  it('are the unacknowledged ones when the collector closed it', () => {
    const delivery = tenMessages(true);
    delivery.look(acknowledged(650), 10_000);
    expect(delivery.unconfirmedRecords('closed', 10_000)).toBe(4);
  });

  it('include those that may have waited unread when it was reset', () => {
    const delivery = tenMessages(true);
    delivery.look(acknowledged(800), 10_000);
    expect(delivery.unconfirmedRecords('refused', 10_000)).toBe(4);
  });

  it('include those of the two seconds before the host fell silent', () => {
    const delivery = tenMessages(true);
    delivery.look(acknowledged(800), 8_500);
    delivery.look(acknowledged(800, { isUnanswered: true }), 9_500);
    expect(delivery.unansweredSinceMs).toBe(9_500);
    expect(delivery.unconfirmedRecords('silent', 30_000)).toBe(3);
  });

  it('are all remembered ones when the state of the other end is unknown', () => {
    expect(tenMessages(true).unconfirmedRecords('closed', 10_000)).toBe(10);
  });

  it('exclude earlier silence once an answer comes', () => {
    const delivery = tenMessages(true);
    delivery.look(acknowledged(800, { isUnanswered: true }), 9_500);
    delivery.look(acknowledged(1_000), 10_000);
    expect(delivery.unansweredSinceMs).toBeUndefined();
  });
});

describe('possibly lost records of a UDP session', () => {
  it('are those of the two seconds before a refused datagram', () => {
    expect(tenMessages(false).unconfirmedRecords('refused', 60_000)).toBe(3);
    const refreshed = tenMessages(false);
    refreshed.sending(100, 60_000);
    expect(refreshed.unconfirmedRecords('refused', 60_000)).toBe(0);
  });

  it('are those since the last lookup that confirmed the address, when the name moved', () => {
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
