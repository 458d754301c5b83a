import { describe, expect, it } from 'vitest';
import { UnseenConnections } from '../../src/exporter/unseen-connections.ts';
import { Account } from '../../src/runtime/index.ts';

describe('connections that the kernel began and the agent did not see', () => {
  it('are counted when they are missing at two consecutive polls, and the account closes', () => {
    const account = new Account('connections', 'connections');
    const unseen = new UnseenConnections(account);
    unseen.compare(100, 40);
    expect(unseen.count).toBe(0);
    unseen.compare(150, 140);
    expect(account.toJSON()).toMatchObject({ received: 10, dropped: { 'never seen': 10 }, closed: true });
  });

  it('decrease when one appears after all', () => {
    const account = new Account('connections', 'connections');
    const unseen = new UnseenConnections(account);
    unseen.compare(10, 0);
    unseen.compare(10, 0);
    unseen.conclude(10, 7);
    expect(account.toJSON()).toMatchObject({ received: 3, dropped: { 'never seen': 3 }, closed: true });
  });
});
