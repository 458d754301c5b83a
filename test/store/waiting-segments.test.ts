import { describe, expect, it } from 'vitest';
import { batchOf } from '../../src/flow/index.ts';
import { FileMaker, type Maker } from '../../src/store/making/index.ts';
import { HistoryPlace } from '../support/kept-history.ts';
import { numberedFlow } from '../support/sink-under-test.ts';
import { until } from '../support/until.ts';

/** A maker that makes no file before it may. */
function heldMaker(directory: string): { maker: Maker; release: () => void; fail: (error: Error) => void } {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  promise.catch(() => {});
  const maker = new FileMaker(directory);
  const makeFile = maker.makeFile.bind(maker);
  maker.makeFile = async (segment, gathered) => {
    await promise;
    return await makeFile(segment, gathered);
  };
  return { maker, release: resolve, fail: reject };
}

const batchFrom = (from: number) =>
  batchOf(Array.from({ length: 10 }, (_, i) => numberedFlow(from + i, { flowId: from + i })));
const BATCHES = 20;

describe('a history whose files take longer than its records', () => {
  it('takes no more than four full segments before one of them is a file, and loses nothing', async () => {
    using place = new HistoryPlace();
    const { maker, release } = heldMaker(place.directory);
    await using history = await place.open({ maker, fileRecords: 10 });
    let taken = 0;
    const all = (async () => {
      for (let i = 0; i < BATCHES; i++) {
        await history.append(batchFrom(10 * i));
        taken++;
      }
    })();
    await until('four segments are full', () => taken >= 5);
    await history.prune(0); // Others had their turn.
    const takenBefore = taken;
    release();
    await all;
    expect(takenBefore).toBe(5);
    await history.flush();
    expect((await place.flows()).map(({ flowId }) => flowId)).toEqual(
      Array.from({ length: 10 * BATCHES }, (_, i) => i),
    );
  });

  it('goes on while files cannot be made', async () => {
    using place = new HistoryPlace();
    const { maker, fail } = heldMaker(place.directory);
    await using history = await place.open({ maker, fileRecords: 10 });
    fail(new Error('no file today'));
    for (let i = 0; i < BATCHES; i++) await history.append(batchFrom(10 * i));
    expect(await place.flows()).toHaveLength(10 * BATCHES);
  });
});
