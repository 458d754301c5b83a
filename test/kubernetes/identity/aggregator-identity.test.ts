import { describe, expect, it } from 'vitest';
import { AggregatorIdentity, serviceNames } from '../../../src/kubernetes/identity/index.ts';
import { WeirError } from '../../../src/runtime/index.ts';
import { namesOf } from '../../../src/tls/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { keptLog } from '../../support/ipfix.ts';
import { until } from '../../support/until.ts';
import { KeptObjects, type Operation } from './kept-objects.ts';

const DAY_MS = 86_400_000;
const names = [...serviceNames('weir', 'flow-aggregator'), 'flows.example.org', '192.0.2.7'];

function setUp(before: (operation: Operation) => void = () => {}, kept = new KeptObjects()) {
  const clock = new FakeClock();
  const { log, lines } = keptLog(clock);
  const identity = new AggregatorIdentity({ store: kept.store((one) => before(one)), names, clock, log });
  return { clock, identity, kept, lines };
}

/** Objects that another aggregator has made. */
async function settled() {
  const { identity, kept } = setUp();
  await identity.start();
  await identity.stop();
  return { kept };
}

describe('an aggregator in a cluster', () => {
  it('shows a certificate with all names of its Service, which stays in memory', async () => {
    const { identity, kept } = setUp();
    await identity.start();
    const { own, ca } = identity.material;
    expect(namesOf(own!.certificate)).toEqual([
      'flow-aggregator.weir.svc',
      'flow-aggregator.weir.svc.cluster.local',
      'flow-aggregator.weir',
      'flow-aggregator',
      'flows.example.org',
      '192.0.2.7',
    ]);
    expect(ca.toString()).toBe(kept.text('bundle', 'authorities'));
    const stored = [...kept.objects.values()].flatMap(({ data }) => Object.values(data)).join('\n');
    expect(stored).not.toContain(own!.key.toString());
    expect(identity.expiryMs).toBe(own!.certificate.validToDate.getTime());
    await identity.stop();
  });

  it('waits while the API server is away, says since when, and is ready once it answers', async () => {
    let isAway = true;
    const { clock, identity, lines } = setUp(() => {
      if (isAway) throw new Error('no answer of the API server');
    });
    const started = identity.start();
    await until('the first failure', () => lines.length > 0);
    expect(identity.problems).toEqual([
      'no certificate yet: no answer of the API server (since 2026-01-01T00:00:00Z)',
    ]);
    expect(() => identity.material).toThrow(/there is no certificate yet: no answer of the API server/);
    isAway = false;
    clock.advance(1_000);
    await started;
    expect(identity.problems).toEqual([]);
    expect(lines.join('\n')).toContain('can be read again, after 2026-01-01T00:00:00Z');
    await identity.stop();
  });

  it('stops waiting when its start is abandoned', async () => {
    const { identity } = setUp(() => {
      throw new Error('no answer of the API server');
    });
    const started = identity.start();
    identity.abandonStart();
    await started;
    await identity.stop();
    expect(identity.problems).toHaveLength(1);
  });

  it('goes on with earlier certificates while the API server is away', async () => {
    let isAway = false;
    const { clock, identity, kept, lines } = setUp(() => {
      if (isAway) throw new Error('no answer');
    });
    await identity.start();
    const { material } = identity;
    isAway = true;
    kept.tell();
    await until('a word about it', () => lines.some((line) => line.includes('the earlier ones stay in use')));
    expect(identity.material).toBe(material);
    expect(identity.problems).toEqual([]);
    isAway = false;
    clock.advance(60_000);
    await until('the end', () => lines.some((line) => line.includes('can be read again')));
    await identity.stop();
  });

  it('changes its certificate when the next authority signs, and tells those who listen', async () => {
    const { clock, identity } = setUp();
    await identity.start();
    const first = identity.material;
    const renewals: unknown[] = [];
    identity.heedRenewal((material) => renewals.push(material));
    clock.advance(275 * DAY_MS + 3_600_000);
    await until('the announcement', () => identity.material !== first);
    const announced = identity.material;
    expect(announced.own!.cert.equals(first.own!.cert)).toBe(true);
    expect(announced.ca.toString()).toContain(first.ca.toString());
    clock.advance(DAY_MS);
    await until('the change', () => identity.material !== announced);
    expect(identity.material.own!.cert.equals(first.own!.cert)).toBe(false);
    expect(identity.material.ca.toString()).toContain(first.ca.toString());
    expect(renewals.at(-1)).toBe(identity.material);
    await identity.stop();
  });

  it('makes its certificate again when its clock was ahead', async () => {
    const { clock, identity, kept } = setUp();
    kept.nowMs = () => Date.UTC(2026, 0, 1);
    clock.set(3 * DAY_MS);
    await identity.start();
    const validFrom = () => identity.material.own!.certificate.validFromDate.getTime();
    clock.set(-3 * DAY_MS);
    clock.advance(600_000);
    await until('another certificate', () => validFrom() < clock.now());
    expect(kept.writes).toEqual(['authority', 'bundle', 'client', 'authority', 'bundle', 'client']);
    await identity.stop();
  });

  it('makes an object again when somebody deletes it', async () => {
    const { identity, kept } = setUp();
    await identity.start();
    kept.objects.delete('client');
    kept.tell();
    await until('the Secret', () => kept.objects.get('client'));
    await identity.stop();
  });

  it.each(['bundle', 'client'] as const)(
    'starts without the %s that it may not create, says so once, and fills it when it is there',
    async (role) => {
      const { kept } = await settled();
      kept.objects.delete(role);
      const missing = () => {
        if (!kept.objects.has(role)) throw new WeirError('WEIR_IDENTITY_MISSING', 'run this');
      };
      const { clock, identity, lines } = setUp((operation) => {
        if (operation === `write ${role}`) missing();
      }, kept);
      await identity.start();
      expect(identity.material.ca.toString()).toBe(kept.text('authority', 'certificate'));
      clock.advance(600_000);
      await until('another look', () => lines.length > 0);
      expect(lines.filter((line) => line.includes('error certificates: run this'))).toHaveLength(1);
      kept.put(role, {});
      kept.tell();
      await until('its contents', () => Object.keys(kept.objects.get(role)!.data).length > 0);
      await identity.stop();
    },
  );

  it('waits without the authority that it may not create', async () => {
    const { identity, kept } = setUp((operation) => {
      if (operation === 'write authority' && !kept.objects.has('authority'))
        throw new WeirError('WEIR_IDENTITY_MISSING', 'run this');
    });
    const started = identity.start();
    await until('what it waits for', () => identity.problems[0]?.includes('run this (since'));
    kept.put('authority', {});
    kept.tell();
    await started;
    await identity.stop();
  });

  it('says once which object of others is in its way, and does not start', async () => {
    const { clock, identity, kept, lines } = setUp();
    kept.put('authority', { 'tls.crt': 'x' }, false);
    const started = identity.start();
    const isSaid = (line: string) => line.includes('error certificates: Secret flow-aggregator-ca-tls');
    await until('the message', () => lines.some(isSaid));
    clock.advance(1_000);
    await until('another look', () => identity.problems[0]?.includes('since'));
    expect(lines.filter(isSaid)).toHaveLength(1);
    expect(kept.writes).toEqual([]);
    identity.abandonStart();
    await started;
    await identity.stop();
  });

  it('logs no part of a key', async () => {
    const { clock, identity, kept, lines } = setUp();
    await identity.start();
    clock.advance(276 * DAY_MS);
    await until('the announcement', () => kept.text('authority', 'nextKey'));
    kept.put('client', {
      'tls.crt': kept.text('client', 'certificate'),
      'tls.key': kept.text('authority', 'key'),
    });
    kept.tell();
    await until('another key', () =>
      lines.some((line) => line.includes('tls.key is not the key of tls.crt')),
    );
    const keys = [
      identity.material.own!.key.toString(),
      kept.text('authority', 'key'),
      kept.text('authority', 'nextKey'),
    ];
    for (const key of keys) {
      const [, body] = key.split('\n');
      expect(body!.length).toBeGreaterThan(50);
      expect(lines.join('\n')).not.toContain(body);
    }
    await identity.stop();
  });
});
