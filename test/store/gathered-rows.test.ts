import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  BatchLayout,
  batchOf,
  Dictionary,
  FlowBatch,
  type FlowRecord,
  fieldNames,
} from '../../src/flow/index.ts';
import { FileRows } from '../../src/store/file-rows.ts';
import { GatheredRows } from '../../src/store/gathered-rows.ts';
import { HistoryPlace } from '../support/kept-history.ts';
import { numberedFlow } from '../support/sink-under-test.ts';

const flowsFrom = (from: number, count: number, more: FlowRecord = {}) =>
  Array.from({ length: count }, (_, i) => numberedFlow(from + i, { flowId: from + i, ...more }));

describe('the gathered rows of a segment', () => {
  it('are those of its batches with any fields, strings and sizes', () => {
    const first = new Dictionary();
    const batches = [
      batchOf(flowsFrom(0, 3, { sourcePodName: 'web-1' }), first),
      batchOf(flowsFrom(3, 4000, { destinationPodName: 'db-0' }), first),
      batchOf(flowsFrom(4003, 100, { sourcePodName: 'web-2', octetDeltaCount: 2 ** 60 }), first),
      batchOf(flowsFrom(4103, 4096, { sourcePodName: 'web-1' })),
      batchOf(flowsFrom(8199, 1, { reverseOctetDeltaCount: 7 })),
    ];
    const gathered = new GatheredRows();
    for (const [i, batch] of batches.entries()) gathered.add(batch, 1000 + i);
    const rows = new FileRows(gathered.batches, gathered.times);
    const expected = FileRows.ofStored(batches.map((batch, i) => ({ batch, timeMs: 1000 + i })));
    expect(rows.batches.flatMap((batch) => [...batch])).toEqual(batches.flatMap((batch) => [...batch]));
    expect(rows.times).toEqual(expected.times);
    expect(rows.told).toEqual(expected.told);
  });

  it('are copies: the maker of a batch may fill it again', () => {
    const batch = new FlowBatch(new BatchLayout(fieldNames, 16), new Dictionary());
    batch.columns.flowId[0] = 5;
    batch.length = 1;
    const gathered = new GatheredRows();
    gathered.add(batch, 0);
    batch.columns.flowId[0] = 6;
    expect(gathered.batches[0]!.columns.flowId[0]).toBe(5);
  });

  it('become the file, and not what somebody made of the log meanwhile', async () => {
    using place = new HistoryPlace();
    await using history = await place.open();
    await history.append(batchOf(flowsFrom(0, 10)));
    const [name] = readdirSync(place.directory).filter((each) => each.endsWith('.segment'));
    const path = join(place.directory, name!);
    const octets = readFileSync(path);
    writeFileSync(path, octets.fill(0xff, Math.floor(octets.length / 2)));
    await history.flush();
    expect((await place.flows()).map(({ flowId }) => flowId)).toEqual(
      flowsFrom(0, 10).map(({ flowId }) => flowId),
    );
    expect(place.troubles).toEqual([]);
  });
});
