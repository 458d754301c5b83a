import fc from 'fast-check';
import { expect, it } from 'vitest';
import { WritingFile } from '../../src/store/writing-file.ts';
import { WritingLog } from '../../src/store/writing-log.ts';
import { BEAT_MS, type WritingGap, writingGaps } from '../../src/store/writing-spans.ts';
import { BeatenClock } from '../support/beaten-clock.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

type Step =
  | { readonly what: 'beat' | 'pause' | 'kill' | 'stop' | 'refuse'; readonly afterMs: number }
  | { readonly what: 'set'; readonly byMs: number; readonly afterMs: number };

const HOUR_MS = 3_600_000;
const afterMs = fc.integer({ min: 1, max: BEAT_MS });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ what: fc.constantFrom('beat', 'kill', 'stop', 'refuse'), afterMs }),
  fc.record({ what: fc.constant('pause'), afterMs: fc.integer({ min: 60_001, max: HOUR_MS }) }),
  fc.record({
    what: fc.constant('set'),
    byMs: fc.oneof(fc.integer({ min: 2_000, max: HOUR_MS }), fc.integer({ min: -HOUR_MS, max: -2_000 })),
    afterMs,
  }),
);

/** What a process did, written down by the test: the times at which it lived, by the host's clock. */
async function play(directory: string, steps: readonly Step[]) {
  const clock = new BeatenClock();
  const troubles: string[] = [];
  const beginLog = () => WritingLog.begin(directory, clock, (_, text) => troubles.push(text));
  const lived: [number, number][] = [];
  let log = await beginLog();
  let beatMs = clock.now();
  for (const step of steps) {
    const setMs = step.what === 'set' ? step.byMs : 0;
    clock.advance(step.afterMs);
    const untilMs = clock.now();
    clock.set(setMs);
    if (step.what === 'refuse') log.refuse();
    else log.accept();
    if (step.what === 'kill') clock.kill();
    else if (step.what === 'stop') await log.end();
    else clock.beat();
    await log.written();
    if (!['kill', 'pause', 'refuse'].includes(step.what)) lived.push([beatMs, untilMs]);
    if (step.what === 'refuse') {
      log.accept();
      clock.beat();
    }
    if (step.what === 'kill' || step.what === 'stop') {
      clock.advance(60_000);
      log = await beginLog();
    }
    beatMs = clock.now();
  }
  await log.end();
  return { lived, troubles, nowMs: clock.now() };
}

const isWithin = (timeMs: number, gaps: readonly WritingGap[]) =>
  gaps.some(({ fromMs, toMs }) => timeMs > fromMs && timeMs < toMs);

it('gaps are the times in which no process lived, however it ended and the clock was set', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: 12 }), async (steps) => {
      using place = new TemporaryDirectory();
      const { lived, troubles, nowMs } = await play(place.path, steps);
      const times = await new WritingFile(place.path).read();
      const within = { fromMs: Number.NEGATIVE_INFINITY, toMs: nowMs };
      const gaps = writingGaps(times, within);
      expect(troubles).toEqual([]);
      const edges = [...lived.flat(), ...gaps.flatMap(({ fromMs, toMs }) => [fromMs, toMs])].sort(
        (one, other) => one - other,
      );
      // Between two edges it either lived or not, and a gap says so.
      for (const [i, edge] of edges.slice(1).entries()) {
        const middle = (edge + edges[i]!) / 2;
        // A clock that was set back shows times before the first writer, of which nothing is known.
        if (edge === edges[i] || middle >= nowMs || middle < times.knownFromMs!) continue;
        const wasLiving = lived.some(([from, to]) => middle > from && middle < to);
        expect(isWithin(middle, gaps), `${middle} of ${JSON.stringify(lived)}`).toBe(!wasLiving);
      }
    }),
    { numRuns: 60 },
  );
});
