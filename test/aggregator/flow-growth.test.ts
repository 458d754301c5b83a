import { expect, it } from 'vitest';
import { RecordingTally } from './recording-tally.ts';
import { counts, TestBed } from './test-bed.ts';

const times = (bed: TestBed) => {
  const start = bed.now - 1_000;
  return (ms: number) => ({ flowStartMilliseconds: start, flowEndMilliseconds: start + ms });
};

it('a flow counts from its first record on, and grows with each record of a node', () => {
  const tally = new RecordingTally();
  const bed = new TestBed({}, tally);
  const at = times(bed);
  bed.send(bed.source({ ...at(1_000), ...counts(1_000, 10, 500, 5) }));
  expect(tally.flows).toEqual([]);
  bed.send(bed.destination({ ...at(1_000), ...counts(990, 9, 510, 6) }));
  bed.pass(1_000);
  expect(tally.flows).toMatchObject([{ counted: [1_000, 10, 510, 6], records: 1, advances: 0 }]);
  bed.send(bed.source({ ...at(2_000), ...counts(1_700, 17, 510, 6) }));
  expect(tally.flows).toMatchObject([{ counted: [1_700, 17, 510, 6], records: 1, advances: 1 }]);
  bed.send(bed.destination({ ...at(2_000), ...counts(1_600, 16, 600, 7) }));
  expect(tally.flows).toMatchObject([{ counted: [1_700, 17, 600, 7], records: 1, advances: 2 }]);
  bed.pass(60_000);
  expect(tally.flows).toMatchObject([{ counted: [1_700, 17, 600, 7], records: 2, advances: 2 }]);
});

it('a late other half adds only what it reports beyond the first', () => {
  const tally = new RecordingTally();
  const bed = new TestBed({}, tally);
  const at = times(bed);
  bed.send(bed.destination({ ...at(1_000), ...counts(900, 9, 500, 5) }));
  bed.pass(11_000);
  bed.send(bed.source({ ...at(1_000), ...counts(1_000, 10, 400, 4) }));
  expect(tally.flows).toMatchObject([{ counted: [1_000, 10, 500, 5], recorded: [900, 9, 500, 5] }]);
});

it('duplicates and late records add nothing', () => {
  const tally = new RecordingTally();
  const bed = new TestBed({}, tally);
  const at = times(bed);
  const record = (ms: number) =>
    bed.source({ ...at(ms), flowType: 3, ...counts(ms, ms / 100, ms / 2, ms / 200) });
  bed.send(record(1_000));
  bed.pass(1_000);
  bed.send(record(3_000), record(3_000), record(2_000));
  expect(tally.flows).toMatchObject([{ counted: [3_000, 30, 1_500, 15], advances: 1 }]);
});

it('a flow leaves after its last record, for every reason to leave', async () => {
  const tally = new RecordingTally();
  const bed = new TestBed({ maxFlows: 2 }, tally);
  const flow = (port: number) => bed.source({ sourceTransportPort: port, flowType: 3 });
  bed.send(flow(1), flow(2), flow(3));
  expect(tally.closed).toMatchObject([{ records: 1, counted: [1_000, 10, 500, 5] }]);
  bed.pass(100_000);
  expect(tally.closed).toHaveLength(3);
  bed.send(flow(4));
  await bed.aggregator.stop(1_000);
  expect(tally.closed).toHaveLength(4);
  expect(tally.open.size).toBe(0);
});
