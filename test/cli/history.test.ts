import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batchOf, type FlowRecord, recordToJson } from '../../src/flow/index.ts';
import { Engine } from '../../src/store/engine.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { HistoryPlace } from '../support/kept-history.ts';
import { numberedFlow } from '../support/sink-under-test.ts';
import { startWeir, weir } from './weir.ts';

const HOUR_MS = 3_600_000;
const NOW_MS = Date.now();
/** A flow for each of three hours; the last one is still in the log. */
const flows: FlowRecord[] = [3, 2, 1].map((hours, i) =>
  numberedFlow(i, {
    flowStartMilliseconds: NOW_MS - hours * HOUR_MS - 1_000,
    flowEndMilliseconds: NOW_MS - hours * HOUR_MS,
    destinationTransportPort: [443, 5432, 443][i]!,
    octetTotalCount: 1_000 * (i + 1),
  }),
);

describe('with a history of three hours,', () => {
  const place = new HistoryPlace();

  beforeAll(async () => {
    const clock = new FakeClock(NOW_MS - 3 * HOUR_MS);
    await using history = await place.open({}, clock);
    for (const [i, flow] of flows.entries()) {
      await history.append(batchOf([flow]));
      if (i < 2) await history.flush();
      clock.advance(HOUR_MS);
    }
  });

  afterAll(() => place[Symbol.dispose]());

  const flowsFrom = (...args: string[]) =>
    weir('flows', '--from', 'history', '--directory', place.directory, ...args);
  const history = (command: string, ...args: string[]) =>
    weir('history', command, '--directory', place.directory, ...args);
  const jsonOf = (...wanted: FlowRecord[]) =>
    wanted.map((flow) => `${JSON.stringify(recordToJson(flow))}\n`).join('');

  it('weir flows reads it as it reads an aggregator, without a process', async () => {
    const all = await flowsFrom('-o', 'json');
    expect(all).toMatchObject({ code: 0, stderr: '', stdout: jsonOf(...flows) });
    expect((await flowsFrom('-o', 'json', '--port', 'https', '--last', '1')).stdout).toBe(jsonOf(flows[2]!));
    const table = (await flowsFrom('--port', '5432')).stdout.trimEnd().split('\n');
    expect(table).toHaveLength(2);
    expect(table[1]).toMatch(/TCP .*10\.244\.0\.1:postgres +2\.00 kB/);
    expect((await flowsFrom('-o', 'csv')).stdout.split('\n')).toHaveLength(5);
    const where = ['--where', 'not destinationPort=443 or min-octets=3000'];
    expect((await flowsFrom('-o', 'json', ...where)).stdout).toBe(jsonOf(...flows.slice(1)));
    expect((await flowsFrom('-o', 'csv', ...where)).stdout.split('\n')).toHaveLength(4);
    expect((await flowsFrom(...where, '--last', '1')).stdout.trimEnd().split('\n')).toHaveLength(2);
  });

  it('weir flows says how far back it reaches, when that is less than what is asked', async () => {
    const since = await flowsFrom('-o', 'json', '--since', '150m');
    expect(since).toMatchObject({ code: 0, stderr: '', stdout: jsonOf(...flows.slice(1)) });
    const further = await flowsFrom('-o', 'json', '--since', '3d');
    const reach = new Date(NOW_MS - 3 * HOUR_MS).toISOString();
    expect(further).toMatchObject({
      code: 0,
      stderr: `weir: the history reaches back to ${reach}\n`,
      stdout: jsonOf(...flows),
    });
  });

  it('weir flows refuses what does not go with it', async () => {
    const follow = await flowsFrom('--follow');
    expect(follow.code).toBe(2);
    expect(follow.stderr).toContain('a history does not follow flows');
    const server = await flowsFrom('--server', '127.0.0.1:1');
    expect(server.stderr).toContain('--server is for an aggregator, Loki and VictoriaLogs');
    const directory = await weir('flows', '--directory', place.directory);
    expect(directory.stderr).toContain(
      '--directory is for a history, and the flows are asked from an aggregator',
    );
    const nowhere = await weir('flows', '--from', 'history', '--directory', `${place.directory}/nowhere`);
    expect(nowhere).toMatchObject({ code: 1, stdout: '' });
    expect(nowhere.stderr).toContain('WEIR_HISTORY_MISSING');
  });

  it('says what is missing, where DuckDB is not installed', async () => {
    const hooks = `import { registerHooks } from 'node:module';
      const resolve = (name, context, next) => {
        if (name === '@duckdb/node-api') throw new Error('Cannot find package ' + name);
        return next(name, context);
      };
      registerHooks({ resolve });`;
    const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(hooks)}`;
    const args = ['flows', '--from', 'history', '--directory', place.directory];
    const { code, stderr } = await startWeir(args, { environment: { NODE_OPTIONS } }).ended;
    expect(code).toBe(1);
    expect(stderr).toContain('the flow history needs DuckDB, which is not installed');
    expect(stderr).toContain('npm install @duckdb/node-api. (Cannot find package @duckdb/node-api)');
    expect(stderr).toContain('WEIR_HISTORY_ENGINE');
  });

  it('weir history stats shows what it has', async () => {
    const { stdout } = await history('stats');
    expect(stdout).toContain('records        3, of which 1 are not in files yet\n');
    expect(stdout).toContain('files          2\n');
    expect(stdout).toContain(`oldest record  ${new Date(NOW_MS - 3 * HOUR_MS).toISOString()}\n`);
    expect(stdout).toContain('deleted        none\n');
    const stats = JSON.parse((await history('stats', '-o', 'json')).stdout);
    expect(stats).toMatchObject({
      directory: place.directory,
      files: 2,
      records: 3,
      logRecords: 1,
      damagedFiles: 0,
      newest: new Date(NOW_MS - HOUR_MS).toISOString(),
      deletedRecords: {},
    });
    expect(stats.octets).toBeGreaterThan(0);
    expect(stdout).toMatch(/^minutes {8}since \d.*Z, 2 rows, /m);
    expect(stats.sums.minutes).toMatchObject({ records: 2, rows: 2, deletedRecords: {} });
    expect(stats.sums.minutes.oldest).toMatch(/:00\.000Z$/);
  });

  it('weir history export writes JSON, CSV and Parquet', async () => {
    expect((await history('export', '--to', 'jsonl', '--since', '150m')).stdout).toBe(
      jsonOf(...flows.slice(1)),
    );
    const csv = (await history('export', '--to', 'csv')).stdout.trimEnd().split('\n');
    expect(csv).toHaveLength(4);
    const file = `${place.directory}-out.parquet`;
    const exported = await history('export', '--to', 'parquet', '--file', file, '--port', '443');
    expect(exported).toMatchObject({ code: 0, stdout: '', stderr: `weir: wrote 2 records to ${file}\n` });
    expect(readFileSync(file).subarray(-4).toString()).toBe('PAR1');
    using engine = await Engine.start();
    const pattern = file.replace(/[[\]*]/g, '[$&]');
    const rows = await engine.connection.runAndReadAll(
      `SELECT "sourceIP", "destinationTransportPort", "octetTotalCount", epoch_ms("flowEndMilliseconds") FROM read_parquet($1)`,
      [pattern],
    );
    expect(rows.getRows()).toEqual(
      [flows[0]!, flows[2]!].map(
        ({ sourceIP, destinationTransportPort, octetTotalCount, flowEndMilliseconds }) => [
          sourceIP,
          destinationTransportPort,
          BigInt(octetTotalCount!),
          BigInt(flowEndMilliseconds!),
        ],
      ),
    );
    const none = await history('export', '--to', 'parquet', '--file', `${file}.2`, '--port', '1');
    expect(none.stderr).toContain('no record matches');
    expect(await history('export', '--to', 'parquet')).toMatchObject({ code: 2 });
    expect(await history('export', '--to', 'csv', '--file', file)).toMatchObject({ code: 2 });
  });

  it('weir history prune deletes what is older, and refuses while a process writes', async () => {
    {
      await using writer = await place.open();
      expect(writer.octets).toBeGreaterThan(0);
      const refused = await history('prune', '--before', '150m');
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('WEIR_HISTORY_IN_USE');
    }
    const pruned = await history('prune', '--before', '150m');
    expect(pruned).toMatchObject({ code: 0, stderr: '', stdout: 'deleted 1 files with 1 records\n' });
    expect((await flowsFrom('-o', 'json')).stdout).toBe(jsonOf(...flows.slice(1)));
    expect((await history('stats')).stdout).toContain('deleted        1 (pruned) records\n');
  });
});
