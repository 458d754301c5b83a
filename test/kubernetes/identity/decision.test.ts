import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { settleIdentity } from '../../../src/kubernetes/identity/identity-writer.ts';
import { dataKeys, defaultRotationTimes, type IdentityRole } from '../../../src/kubernetes/identity/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { keptLog } from '../../support/ipfix.ts';
import { foreignObjects, KeptObjects, pairData } from './kept-objects.ts';

const DAY_MS = 86_400_000;

function setUp() {
  const clock = new FakeClock();
  const { log, lines } = keptLog(clock);
  const kept = new KeptObjects();
  const server = new FakeClock();
  kept.nowMs = () => server.now();
  const settle = () => settleIdentity({ store: kept.store(), times: defaultRotationTimes, clock, log });
  /** Writes until all is as it should be. Returns what was written. */
  const written = async () => {
    kept.writes.length = 0;
    await settle();
    return [...kept.writes];
  };
  return { clock, kept, lines, server, settle, written };
}

const certificateOf = (pem: string) => new X509Certificate(pem);
const bundled = (kept: KeptObjects) => kept.text('bundle', 'authorities').match(/-----BEGIN/g)?.length;

describe('the certificates of a cluster', () => {
  it('are made in the order in which they depend on each other', async () => {
    const { kept, written } = setUp();
    expect(await written()).toEqual(['authority', 'bundle', 'client']);
    const authority = certificateOf(kept.text('authority', 'certificate'));
    const client = certificateOf(kept.text('client', 'certificate'));
    expect(kept.text('bundle', 'authorities')).toBe(authority.toString());
    expect(client.verify(authority.publicKey)).toBe(true);
    expect(client.subjectAltName).toBe('DNS:weir-agent');
    expect(await written()).toEqual([]);
  });

  it('are valid for a year from an hour ago, since clocks differ', async () => {
    const { clock, kept, settle } = setUp();
    await settle();
    for (const role of ['authority', 'client'] as const) {
      const { validFromDate, validToDate } = certificateOf(kept.text(role, 'certificate'));
      expect(validFromDate.getTime()).toBe(clock.now() - 3_600_000);
      expect(validToDate.getTime()).toBe(clock.now() + 365 * DAY_MS);
    }
  });

  it.each<[IdentityRole, IdentityRole[]]>([
    ['authority', ['authority', 'bundle', 'client']],
    ['bundle', ['bundle']],
    ['client', ['client']],
  ])('are made again when somebody deletes the %s', async (role, expected) => {
    const { kept, settle, written } = setUp();
    await settle();
    const before = kept.text('authority', 'certificate');
    kept.objects.delete(role);
    expect(await written()).toEqual(expected);
    expect(kept.text('authority', 'certificate') === before).toBe(role !== 'authority');
    expect(bundled(kept)).toBe(1);
  });

  it('change their authority in two steps: everybody trusts the next one a day before it signs', async () => {
    const { clock, kept, settle, written } = setUp();
    await settle();
    const first = kept.text('authority', 'certificate');
    clock.advance(275 * DAY_MS - 1);
    expect(await written()).toEqual([]);
    clock.advance(2);
    expect(await written()).toEqual(['authority', 'bundle']);
    expect(kept.text('authority', 'certificate')).toBe(first);
    expect(bundled(kept)).toBe(2);
    clock.advance(DAY_MS / 2);
    expect(await written()).toEqual([]);
    clock.advance(DAY_MS / 2);
    expect(await written()).toEqual(['authority', 'bundle', 'client']);
    const second = certificateOf(kept.text('authority', 'certificate'));
    expect(second.toString()).not.toBe(first);
    expect(certificateOf(kept.text('client', 'certificate')).verify(second.publicKey)).toBe(true);
    expect(kept.text('bundle', 'authorities')).toContain(first);
    expect(await written()).toEqual([]);
  });

  it('forget an earlier authority only when it has ended', async () => {
    const { clock, kept, settle, written } = setUp();
    await settle();
    const first = kept.text('authority', 'certificate');
    for (const days of [276, 1]) {
      clock.advance(days * DAY_MS);
      await settle();
    }
    clock.advance(87 * DAY_MS);
    expect(await written()).toEqual([]);
    expect(kept.text('bundle', 'authorities')).toContain(first);
    clock.advance(DAY_MS);
    expect(await written()).toEqual(['authority', 'bundle']);
    expect(kept.text('bundle', 'authorities')).not.toContain(first);
    expect(bundled(kept)).toBe(1);
  });

  it('get a new authority at once when nobody looked until the last day', async () => {
    const { clock, kept, settle, written } = setUp();
    await settle();
    clock.advance(364.5 * DAY_MS);
    expect(await written()).toEqual(['authority', 'bundle', 'client']);
    expect(bundled(kept)).toBe(2);
    clock.advance(DAY_MS);
    expect(await written()).toEqual(['authority', 'bundle']);
    expect(bundled(kept)).toBe(1);
  });

  it('do not change because a clock is behind, nor when nobody knows when they were written', async () => {
    for (const isKnown of [true, false]) {
      const { clock, kept, settle, written } = setUp();
      if (!isKnown) kept.nowMs = undefined;
      await settle();
      clock.set(-3 * DAY_MS);
      expect(await written()).toEqual([]);
      const { problems } = await settle();
      expect(problems).toEqual([expect.stringMatching(/Set the clocks of the nodes that run aggregators/)]);
    }
  });

  it('are made again when the clock of their maker was ahead; the earlier authority stays trusted', async () => {
    const { clock, kept, lines, settle, written } = setUp();
    clock.set(3 * 3_600_000);
    await settle();
    const early = kept.text('authority', 'certificate');
    clock.set(-3 * 3_600_000);
    expect(await written()).toEqual(['authority', 'bundle', 'client']);
    for (const role of ['authority', 'client'] as const) {
      const { validFromDate } = certificateOf(kept.text(role, 'certificate'));
      expect(validFromDate.getTime()).toBe(clock.now() - 3_600_000);
    }
    expect(kept.text('bundle', 'authorities')).toBe(kept.text('authority', 'certificate') + early);
    expect(lines.at(-3)).toContain(
      'makes an authority: the one before is valid only from 2026-01-01T02:00:00.000Z',
    );
    expect(await written()).toEqual([]);
  });

  it('are waited for when they are valid within an hour', async () => {
    const { clock, settle, written } = setUp();
    clock.set(2 * 3_600_000);
    await settle();
    clock.set(-2 * 3_600_000);
    expect(await written()).toEqual([]);
  });

  it('of agents alone are made again when they are not valid yet', async () => {
    const { clock, kept, settle, written } = setUp();
    await settle();
    kept.objects.delete('client');
    clock.set(3 * DAY_MS);
    await settle();
    clock.set(-3 * DAY_MS);
    expect(await written()).toEqual(['client']);
    expect(await written()).toEqual([]);
  });

  it('are replaced once only when the clocks of two aggregators contradict each other', async () => {
    const { clock, kept, server, settle, written } = setUp();
    const years = (count: number) => clock.set(count * 400 * DAY_MS);
    const writes: number[] = [];
    for (let turn = 0; turn < 6; turn++) {
      years(turn % 2 === 0 ? 1 : -1);
      writes.push((await written()).length);
    }
    // The fast one finds that all has ended, and the other replaces what is not valid yet: once.
    expect(writes).toEqual([3, 3, 5, 0, 0, 0]);
    const { problems } = await settle();
    expect(server.now()).toBe(clock.now());
    expect(problems).toEqual([
      expect.stringMatching(
        /^Secret flow-aggregator-ca-tls in namespace weir: its certificate is valid only from 2027-\S+, and here it is 2026-01-01T\S+\. Set the clocks/,
      ),
    ]);
    expect(kept.text('authority', 'certificate')).not.toBe('');
  });

  it.each([
    ['no key', { [dataKeys.certificate]: 'x' }, /expected PEM certificates, found none/],
    ['nothing', {}, /: there is none/],
  ])('are made again when a Secret of Weir has %s', async (_, data, reason) => {
    const { kept, lines, settle, written } = setUp();
    await settle();
    lines.length = 0;
    kept.put('authority', data);
    expect(await written()).toEqual(['authority', 'bundle', 'client']);
    kept.put('client', data);
    expect(await written()).toEqual(['client']);
    expect(lines.filter((line) => reason.test(line))).toHaveLength(2);
  });

  it('are made again when a key belongs to another certificate', async () => {
    const { clock, kept, settle, written } = setUp();
    await settle();
    const { client } = await foreignObjects(clock.now());
    kept.put('client', { ...kept.objects.get('client')!.data, [dataKeys.key]: client.key });
    expect(await written()).toEqual(['client']);
  });
});

describe('an object that Weir did not make', () => {
  it('is never replaced, and a message says what to do', async () => {
    for (const role of ['authority', 'bundle', 'client'] as const) {
      const { kept, settle } = setUp();
      kept.put(role, { [dataKeys.certificate]: 'x', [dataKeys.authorities]: 'x' }, false);
      const before = kept.objects.get(role);
      const { state, problems } = await settle();
      expect(kept.objects.get(role)).toBe(before);
      expect(problems).toEqual([
        expect.stringMatching(
          /^(Secret|ConfigMap) flow-aggregator-\S+ in namespace weir cannot be used: .*\. Weir did not make it, so it does not replace it\. Empty it, or give it the label weir\.dev\/managed=true$/,
        ),
      ]);
      expect(state === undefined).toBe(role === 'authority');
    }
  });

  it('signs if it is an authority, and is left to its owner to renew', async () => {
    const { clock, kept, settle, written } = setUp();
    const { authority } = await foreignObjects(clock.now());
    kept.put('authority', pairData(authority), false);
    expect(await written()).toEqual(['bundle', 'client']);
    expect(kept.text('bundle', 'authorities')).toBe(authority.certificate);
    clock.advance(300 * DAY_MS);
    const { state, problems } = await settle();
    expect(kept.text('authority', 'certificate')).toBe(authority.certificate);
    expect(state?.active.certificate).toBe(authority.certificate);
    expect(problems).toEqual([
      expect.stringMatching(/ends on 2027-01-01\. Weir did not make it, so its owner/),
    ]);
    clock.advance(66 * DAY_MS);
    expect((await settle()).state).toBeUndefined();
  });

  it('serves agents if the authority signed it', async () => {
    const { clock, kept, settle, written } = setUp();
    const { authority, client } = await foreignObjects(clock.now());
    kept.put('authority', pairData(authority), false);
    kept.put('client', pairData(client), false);
    kept.put('bundle', { [dataKeys.authorities]: `# of another program\n${authority.certificate}` }, false);
    expect(await written()).toEqual([]);
    expect((await settle()).problems).toEqual([]);
  });
});
