import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { queryRoutes } from '../../src/api/query/index.ts';
import { batchOf } from '../../src/flow/index.ts';
import { HttpServer } from '../../src/http/index.ts';
import { QueryDesk } from '../../src/query/index.ts';
import { systemClock } from '../../src/runtime/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { HistoryPlace } from '../support/kept-history.ts';
import { numberedFlow } from '../support/sink-under-test.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { weir } from './weir.ts';

describe('weir query', () => {
  const place = new HistoryPlace();
  const queries = new QueryDesk(systemClock);
  const server = new HttpServer(
    { host: '127.0.0.1', port: 0 },
    queryRoutes({ clock: systemClock, history: () => place.directory, queries }),
  );

  beforeAll(async () => {
    await using history = await place.open();
    const names = ['=1+1', 'Other', '__proto__'];
    await history.append(
      batchOf(names.map((sourceNodeName, i) => numberedFlow(1_000 * (3 - i), { sourceNodeName }))),
    );
    await server.start();
  });

  afterAll(async () => {
    await server.stop();
    await queries.stop();
    place[Symbol.dispose]();
  });

  const ofFiles = (...args: string[]) =>
    weir('query', '--from', 'history', '--directory', place.directory, ...args);
  const question = ['--by', 'sourceNode', '--measure', 'octets,records', '--top', '2'];

  it('prints the same from the files and from the running process', async () => {
    const files = await ofFiles(...question, '-o', 'csv');
    expect(files.code).toBe(0);
    expect(files.stdout).toBe(
      "sourceNode,isRest,octets,records\n'=1+1,false,3000,1\nOther,false,2000,1\n,true,1000,1\n",
    );
    expect(files.stderr).toMatch(
      /^weir: from .*Z, counted from records\nweir: no flows from .* before the history\nweir: Before .* it is not known .*\n$/,
    );
    const process = await weir('query', '--server', server.url, ...question, '-o', 'csv');
    expect(process.stdout).toBe(files.stdout);
  });

  it('prints a table with the others, and JSON with the whole answer', async () => {
    const table = (await ofFiles(...question)).stdout.trimEnd().split('\n');
    expect(table.map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['SOURCE NODE', 'OCTETS', 'RECORDS'],
      ['=1+1', '3.00 kB', '1'],
      ['Other', '2.00 kB', '1'],
      ['(1 others)', '1.00 kB', '1'],
    ]);
    const answer = JSON.parse((await ofFiles(...question, '-o', 'json')).stdout);
    expect(answer).toMatchObject({ totals: [6_000, 3], groupCount: 3 });
  });

  it('says on standard error which time it counted, and whether sums answered', async () => {
    using summed = new HistoryPlace();
    // Early in an hour, sums of the whole hour would answer.
    const minute = Date.UTC(2026, 5, 1, 10, 30);
    {
      await using history = await summed.open({}, new FakeClock(minute));
      await history.append(batchOf([numberedFlow(1_000)]));
      await history.flush();
    }
    const timeOf = (ms: number) => new Date(ms).toISOString();
    const span = ['--since', timeOf(minute - 600_000), '--until', timeOf(minute + 600_000)];
    const files = ['--from', 'history', '--directory', summed.directory];
    const byNamespace = await weir('query', ...files, ...span, '--by', 'sourceNamespace', '-o', 'csv');
    expect(byNamespace.stdout).toContain(',false,1000\n');
    const times = `from ${span[1]} to ${span[3]}`;
    expect(byNamespace.stderr).toContain(`weir: ${times}, counted from sums by minute\n`);
    const byPod = await weir('query', ...files, ...span, '--by', 'sourcePod', '-o', 'csv');
    expect(byPod.stdout).toContain(',false,1000\n');
    expect(byPod.stderr).toContain(`weir: ${times}, counted from records\n`);
  });

  it('does not take a directory of something else for a history without flows', async () => {
    using other = new TemporaryDirectory();
    writeFileSync(join(other.path, 'passwd'), '');
    const asked = ['--from', 'history', '--directory', other.path];
    for (const words of [
      ['query', ...asked],
      ['events', ...asked],
      ['history', 'prune', '--before', '1d', ...asked.slice(2)],
    ]) {
      const { code, stdout, stderr } = await weir(...words);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/ it has no file of a history\n.*--directory.* \(WEIR_HISTORY_MISSING\)\n$/);
    }
    expect(readdirSync(other.path)).toEqual(['passwd']);
  });

  it('refuses a wrong question as wrong usage, in the words of the command line', async () => {
    const refused = await ofFiles('--by', 'port');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(
      /--by: expected some of source, .*; found "port"\n.*\(WEIR_USAGE_QUERY\)\n$/,
    );
    const turned = await ofFiles('--since', '1h', '--until', '2h');
    expect(turned.stderr).toMatch(/^weir: --until: expected a time after --since; found "2h"\n/);
  });
});
