import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type AuthorityState, bundleOf } from '../../../src/kubernetes/identity/authority-state.ts';
import { settleIdentity } from '../../../src/kubernetes/identity/identity-writer.ts';
import { defaultRotationTimes, type IdentityStore } from '../../../src/kubernetes/identity/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { keptLog } from '../../support/ipfix.ts';
import { KeptObjects, type Operation } from './kept-objects.ts';

const DAY_MS = 86_400_000;

/** A replica's next requests, and what becomes of the last of them. */
const turn = fc.record({
  replica: fc.nat(1),
  requests: fc.integer({ min: 1, max: 12 }),
  fault: fc.oneof(
    { weight: 6, arbitrary: fc.constant('none') },
    { weight: 1, arbitrary: fc.constantFrom('conflict', 'no answer', 'answer lost') },
  ),
});
type Turn = typeof turn extends fc.Arbitrary<infer T> ? T : never;

/**
 * Days between the looks of both replicas: a whole life, a rotation, a look on the last day, one after the
 * end.
 */
const waits = fc.array(fc.constantFrom(0, 0.5, 1, 1, 30, 88, 276, 364.2, 400), {
  minLength: 1,
  maxLength: 5,
});

/** Two aggregators that look at the same objects. A test decides whose request comes next. */
class Replicas {
  readonly kept = new KeptObjects();
  readonly states: (AuthorityState | undefined)[] = [undefined, undefined];
  readonly #clocks = [new FakeClock(), new FakeClock(Date.UTC(2026, 0, 1) + 25 * 60_000)];
  readonly #waiting: ((fault: string) => void)[][] = [[], []];
  readonly #turns: Turn[];

  constructor(turns: readonly Turn[]) {
    this.#turns = turns.flatMap(({ requests, ...last }) => [
      ...Array<Turn>(requests - 1).fill({ ...last, requests: 1, fault: 'none' }),
      { ...last, requests: 1 },
    ]);
  }

  pass(days: number): void {
    for (const clock of this.#clocks) clock.advance(days * DAY_MS);
  }

  get latestMs(): number {
    return this.#clocks[1]!.now();
  }

  /** Both look until nothing is left to write; a failed look is repeated. */
  async settle(check: () => void): Promise<void> {
    const isDone = [false, false];
    const works = [0, 1].map(async (replica) => {
      for (;;) {
        try {
          const settled = await settleIdentity(this.#parts(replica));
          this.states[replica] = settled.state;
          break;
        } catch (error) {
          if ((error as Error).message !== 'no answer') throw error;
        }
      }
      isDone[replica] = true;
    });
    const all = Promise.all(works);
    let isOver = false;
    const over = all.finally(() => {
      isOver = true;
    });
    while (!isOver) {
      const isQuiet = [0, 1].every((replica) => isDone[replica] || this.#waiting[replica]!.length > 0);
      if (!isQuiet) {
        await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      const next = this.#turns.shift();
      const chosen = next?.replica ?? 0;
      const replica = this.#waiting[chosen]!.length > 0 ? chosen : 1 - chosen;
      this.#waiting[replica]!.shift()?.(next?.fault ?? 'none');
      await new Promise((resolve) => setImmediate(resolve));
      check();
    }
    await over;
  }

  #parts(replica: number) {
    const clock = this.#clocks[replica]!;
    const { log } = keptLog(clock);
    return { store: this.#storeOf(replica), times: defaultRotationTimes, clock, log };
  }

  #storeOf(replica: number): IdentityStore {
    const store = this.kept.store();
    const turnOf = (_: Operation) =>
      new Promise<string>((resolve) => {
        this.#waiting[replica]!.push(resolve);
      });
    return {
      ...store,
      read: async (role) => {
        if ((await turnOf(`read ${role}`)) === 'no answer') throw new Error('no answer');
        return store.read(role);
      },
      write: async (role, data, earlier) => {
        const fault = await turnOf(`write ${role}`);
        if (fault === 'no answer') throw new Error('no answer');
        if (fault === 'conflict') return false;
        const isWritten = await store.write(role, data, earlier);
        if (fault === 'answer lost') throw new Error('no answer');
        return isWritten;
      },
    };
  }
}

const certificatesOf = (pem: string): X509Certificate[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (block) => new X509Certificate(block),
  );
const fingerprints = (pem: string): string[] =>
  certificatesOf(pem).map(({ fingerprint256 }) => fingerprint256);

const authoritiesOf = (kept: KeptObjects): string[] =>
  (['certificate', 'nextCertificate', 'previous'] as const).flatMap((key) =>
    fingerprints(kept.text('authority', key)),
  );

const isSignedByOne = (client: X509Certificate, kept: KeptObjects): boolean =>
  certificatesOf(kept.text('bundle', 'authorities')).some(({ publicKey }) => client.verify(publicKey));

it('two aggregators end with one authority, in any order of their requests', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(turn, { maxLength: 30 }), waits, async (turns, days) => {
      const replicas = new Replicas(turns);
      const { kept, states } = replicas;
      for (const wait of days) {
        replicas.pass(wait);
        const before = fingerprints(kept.text('bundle', 'authorities'));
        const used = states.flatMap((state) => (state === undefined ? [] : [state.active.x509]));
        const isLeft = (certificate: X509Certificate, days = 0) =>
          certificate.validToDate.getTime() - replicas.latestMs > days * DAY_MS;
        let published = before;
        await replicas.settle(() => {
          const bundle = fingerprints(kept.text('bundle', 'authorities'));
          // Agents trust an aggregator that has not looked yet.
          for (const active of used) if (isLeft(active)) expect(bundle).toContain(active.fingerprint256);
          // Aggregators trust an agent that connects now.
          const client = certificatesOf(kept.text('client', 'certificate'))[0];
          if (client !== undefined && isLeft(client)) expect(isSignedByOne(client, kept)).toBe(true);
          // What was published stays, as long as the Secret has it.
          const known = authoritiesOf(kept);
          const lost = published.filter((one) => known.includes(one) && !bundle.includes(one));
          expect(lost).toEqual([]);
          published = bundle;
        });
        const [one, other] = states;
        expect(one!.active.certificate).toBe(other!.active.certificate);
        expect(kept.text('authority', 'certificate')).toBe(one!.active.certificate);
        for (const state of states) expect(kept.text('bundle', 'authorities')).toBe(bundleOf(state!));
        const [client] = certificatesOf(kept.text('client', 'certificate'));
        expect(client!.verify(one!.active.x509.publicKey)).toBe(true);
        // Agents that read last before this look trust who signs after it, unless no time was left.
        if (used.some((active) => isLeft(active, 1.1)))
          expect(before).toContain(one!.active.x509.fingerprint256);
      }
    }),
    { numRuns: 60 },
  );
});

it('an aggregator with a slow clock does not take back what another one published', async () => {
  const clocks = { slow: new FakeClock(), fast: new FakeClock() };
  const kept = new KeptObjects();
  const settle = (clock: FakeClock, store: IdentityStore) =>
    settleIdentity({ store, times: defaultRotationTimes, clock, log: keptLog(clock).log });
  const fast = kept.store();
  await settle(clocks.fast, fast);
  clocks.fast.advance(275 * DAY_MS + 60_000);
  clocks.slow.advance(275 * DAY_MS - 60_000);
  const published: number[] = [];
  const slow: IdentityStore = {
    ...fast,
    read: async (role) => {
      const found = await fast.read(role);
      if (role === 'authority') await settle(clocks.fast, fast);
      return found;
    },
    write: async (role, data, earlier) => {
      const isWritten = await fast.write(role, data, earlier);
      published.push(fingerprints(kept.text('bundle', 'authorities')).length);
      return isWritten;
    },
  };
  await settle(clocks.slow, slow);
  expect(fingerprints(kept.text('bundle', 'authorities'))).toHaveLength(2);
  expect(published.filter((count) => count < 2)).toEqual([]);
});
