import { expect, it, vi } from 'vitest';
import { RecordNamer } from '../../src/exporter/record-namer.ts';
import { batchOf, type FlowEnricher } from '../../src/flow/index.ts';
import { Log } from '../../src/runtime/index.ts';
import { FakeClock } from '../support/fake-clock.ts';

const record = { sourceIP: '10.0.0.1', destinationIP: '10.0.0.2', sourcePodName: 'of an older record' };

function namerOf(enrich: FlowEnricher['enrich']) {
  const writeLine = vi.fn();
  const log = new Log(new FakeClock(), writeLine, 'info');
  const namer = new RecordNamer({ name: 'test', fills: ['sourcePodName'], enrich }, log);
  return { namer, writeLine };
}

it('names all rows of a batch, and nothing stays of the records before', () => {
  const { namer } = namerOf((_flows, from, _to, filler) => filler.fill('sourcePodName', from, 'client'));
  const batch = batchOf([record, record]);
  namer.name(batch);
  expect([...batch].map(({ sourcePodName }) => sourcePodName)).toEqual(['client', undefined]);
});

it('lets records go without names when the enricher fails, and says so', () => {
  const { namer, writeLine } = namerOf(() => {
    throw new Error('no names today');
  });
  const batch = batchOf([record]);
  namer.name(batch);
  expect(batch.at(0)).not.toHaveProperty('sourcePodName');
  expect(writeLine).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('no names today'));
});
