import { describe, expect, it } from 'vitest';
import { AgentIdentity, dataKeys } from '../../../src/kubernetes/identity/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { keptLog } from '../../support/ipfix.ts';
import { until } from '../../support/until.ts';
import { foreignObjects, KeptObjects, type Operation, pairData } from './kept-objects.ts';

const DAY_MS = 86_400_000;

async function setUp(before: (operation: Operation) => void | Promise<void> = () => {}) {
  const clock = new FakeClock();
  const { log, lines } = keptLog(clock);
  const kept = new KeptObjects();
  const identity = new AgentIdentity({ store: kept.store(before), clock, log });
  const fill = async (days = 365) => {
    const { authority, client } = await foreignObjects(clock.now(), days);
    kept.put('bundle', { [dataKeys.authorities]: authority.certificate });
    kept.put('client', pairData(client));
    return client;
  };
  return { clock, fill, identity, kept, lines };
}

describe('an agent in a cluster', () => {
  it('reads its certificate and whom to trust at each connection', async () => {
    const asked: Operation[] = [];
    const { fill, identity, kept, lines } = await setUp((operation) => void asked.push(operation));
    const first = await fill();
    await identity.refresh();
    expect(identity.material.own!.cert.toString()).toBe(first.certificate);
    expect(identity.material.ca.toString()).toBe(kept.text('bundle', 'authorities'));
    const second = await fill();
    const renewals: unknown[] = [];
    identity.heedRenewal((material) => renewals.push(material));
    await identity.refresh();
    expect(identity.material.own!.cert.toString()).toBe(second.certificate);
    await identity.refresh();
    expect(renewals).toEqual([identity.material]);
    expect(asked.filter((operation) => operation === 'read authority')).toEqual([]);
    expect(lines.join('\n')).not.toContain(second.key.split('\n')[1]);
  });

  it('says what is missing and who makes it', async () => {
    const { identity } = await setUp();
    await expect(identity.refresh()).rejects.toThrow(
      expect.objectContaining({
        code: 'WEIR_IDENTITY_MISSING',
        message: 'there is no ConfigMap flow-aggregator-ca in namespace weir',
        remedy: expect.stringContaining('The aggregator makes it'),
      }),
    );
  });

  it('uses what it has while the API server is away', async () => {
    let isAway = false;
    const { fill, identity, lines } = await setUp(() => {
      if (isAway) throw new Error('no answer of the API server');
    });
    await fill();
    await identity.refresh();
    const { material } = identity;
    isAway = true;
    await identity.refresh();
    expect(identity.material).toBe(material);
    expect(lines.at(-1)).toMatch(
      /no certificates from the cluster, the earlier ones stay in use: no answer of the API server \(since 2026-/,
    );
  });

  it('does not wait long for an API server that does not answer', async () => {
    const { clock, identity } = await setUp(() => new Promise(() => {}));
    const refreshed = identity.refresh();
    clock.advance(10_000);
    await expect(refreshed).rejects.toThrow('not done within 10000 ms');
  });

  it('keeps what it has when new texts cannot be used', async () => {
    const { fill, identity, kept, lines } = await setUp();
    await fill();
    await identity.refresh();
    const { material } = identity;
    kept.put('client', { [dataKeys.certificate]: kept.text('client', 'certificate'), [dataKeys.key]: 'x' });
    await identity.refresh();
    expect(identity.material).toBe(material);
    expect(lines.at(-1)).toMatch(
      /tls\.key of Secret flow-aggregator-client-tls in namespace weir: expected a PEM private key/,
    );
  });

  it('takes no expired certificate in place of a valid one', async () => {
    const { clock, fill, identity, lines } = await setUp();
    await fill();
    await identity.refresh();
    const { material } = identity;
    clock.set(-3 * DAY_MS);
    await fill(1);
    clock.set(3 * DAY_MS);
    await identity.refresh();
    expect(identity.material).toBe(material);
    expect(lines.at(-1)).toContain('the certificate of agent has expired since');
  });

  it('learns of a change without a connection', async () => {
    const { fill, identity, kept } = await setUp();
    await fill();
    await identity.start();
    await identity.refresh();
    const second = await fill();
    kept.tell();
    await until('the second', () => identity.material.own!.cert.toString() === second.certificate);
    await identity.stop();
  });
});
