import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { batchOf, noCondition } from '../../src/flow/index.ts';
import { readTotals } from '../../src/store/index.ts';
import { leftOutReason } from '../../src/store/left-out.ts';
import { EventPlace } from '../support/event-place.ts';
import { flowsIn, HistoryPlace } from '../support/kept-history.ts';
import { madeEvent } from '../support/made-event.ts';
import { numberedFlow } from '../support/sink-under-test.ts';

/** The file that the process has no descriptor for, and what the system says. */
const refused = vi.hoisted(() => ({ name: '', errno: 'EMFILE' }));

vi.mock('node:fs/promises', async (original) => {
  const fs = await original<typeof import('node:fs/promises')>();
  const refuse = (path: unknown) => {
    if (typeof path !== 'string' || basename(path) !== refused.name) return;
    throw Object.assign(new Error(`${refused.errno}: no room, open '${path}'`), { code: refused.errno });
  };
  return {
    ...fs,
    open: async (...args: Parameters<typeof fs.open>) => {
      refuse(args[0]);
      return await fs.open(...args);
    },
    readFile: async (...args: Parameters<typeof fs.readFile>) => {
      refuse(args[0]);
      return await fs.readFile(...args);
    },
  };
});

afterEach(() => {
  refused.name = '';
});

const signal = new AbortController().signal;
const count = ({ directory }: HistoryPlace) => {
  const span = { fromMs: Date.now() - 3_600_000, toMs: Date.now() + 3_600_000, condition: noCondition };
  return readTotals(directory, { ...span, by: ['sourcePod'], measures: ['octets'], top: 1 }, signal);
};
const readStats = async (place: HistoryPlace) => {
  using reader = await place.reader();
  return await reader.stats();
};
const readFlows = async (place: HistoryPlace) => {
  using reader = await place.reader();
  return await flowsIn(reader, { condition: noCondition });
};

const [records, minutes, log] = [
  '000000000001.parquet',
  '000000000001-000000000001.minutes.parquet',
  '000000000002.segment',
];
const readings = [
  ['a count', records, count],
  ['a count', log, count],
  ['a count', 'writing.jsonl', count],
  ['a count', 'absences.jsonl', count],
  ['statistics', records, readStats],
  ['statistics', minutes, readStats],
  ['statistics', log, readStats],
  ['statistics', 'writing.jsonl', readStats],
  ['records', log, readFlows],
] as const;

it.each(readings)(
  '%s for which the process cannot open %s fails, and says what to do',
  async (_, name, read) => {
    using place = new HistoryPlace();
    await using history = await place.open();
    await history.append(batchOf([numberedFlow(1)]));
    await history.flush();
    await history.append(batchOf([numberedFlow(2)]));
    refused.name = name;
    await expect(read(place)).rejects.toMatchObject({
      code: 'WEIR_HISTORY_FAILED',
      message: expect.stringContaining(name),
      remedy: expect.stringContaining('ulimit -n'),
    });
    refused.name = '';
    await read(place);
  },
);

it('events are not answered in part when the process cannot open a file of them', async () => {
  using place = new EventPlace();
  await place.keep([madeEvent({ time: new Date(place.clock.now()).toISOString() })]);
  [refused.name = ''] = readdirSync(place.folder).filter((name) => name.endsWith('.log'));
  const read = () => place.read();
  await expect(read()).rejects.toMatchObject({
    code: 'WEIR_HISTORY_FAILED',
    message: expect.stringContaining(refused.name),
  });
  refused.name = '';
  expect((await read()).events).toHaveLength(1);
});

it.each(['EMFILE', 'ENFILE', 'ENOMEM'])('%s is the reason of no file', (code) => {
  const error = Object.assign(new Error(code), { code });
  expect(() => leftOutReason(error)).toThrow(`cannot read the history: ${error.message}`);
});

it.each(['Too many open files', 'Too many open files in system', 'Cannot allocate memory'])(
  'neither is "%s" in the words of DuckDB',
  (words) => {
    const error = new Error(`IO Error: Cannot open file "/proc/self/fd/22": ${words}`);
    expect(() => leftOutReason(error)).toThrow(`cannot read the history: ${error.message}`);
  },
);
