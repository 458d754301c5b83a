import { describe, expect, it } from 'vitest';
import { UnseenConnections } from '../../src/exporter/unseen-connections.ts';
import { Account } from '../../src/runtime/index.ts';

describe('connections that the kernel began and nobody saw', () => {
  it('are believed when they are missing at two polls in a row, and the books close', () => {
    const account = new Account('connections', 'connections');
    const unseen = new UnseenConnections(account);
    unseen.compare(100, 40);
    expect(unseen.count).toBe(0);
    unseen.compare(150, 140);
    expect(account.toJSON()).toMatchObject({ received: 10, dropped: { 'never seen': 10 }, closed: true });
  });

  it('are fewer again when one turns up after all', () => {
    const account = new Account('connections', 'connections');
    const unseen = new UnseenConnections(account);
    unseen.compare(10, 0);
    unseen.compare(10, 0);
    unseen.conclude(10, 7);
    expect(account.toJSON()).toMatchObject({ received: 3, dropped: { 'never seen': 3 }, closed: true });
  });
});
