import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportersRoute } from '../../../src/api/index.ts';
import { HttpServer } from '../../../src/http/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { madeExporters, manyExporters } from '../../support/made-exporters.ts';

const COUNT = 10_000;

describe('the exporters of an aggregator', () => {
  let exporters = manyExporters(COUNT);
  const routes = { '/exporters': exportersRoute(() => exporters, new FakeClock()) };
  const server = new HttpServer({ host: '127.0.0.1', port: 0 }, routes);
  beforeAll(() => server.start());
  afterAll(() => server.stop());

  const ask = (search = '') => fetch(`${server.url}/exporters${search}`);
  const namesIn = async (answer: Response) =>
    ((await answer.json()) as { exporter: string }[]).map(({ exporter }) => exporter);

  it('are all listed, a line for each, so that a reader needs no room for the whole', async () => {
    const answer = await ask();
    expect(answer.headers.get('weir-exporters')).toBe(String(COUNT));
    const lines = (await answer.text()).trim().split('\n');
    expect(lines).toHaveLength(COUNT + 2);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(1_000);
  });

  it('are cut to those that need a look, with the number of all', async () => {
    const answer = await ask('?limit=3');
    expect(answer.headers.get('weir-exporters')).toBe(String(COUNT));
    expect(await namesIn(answer)).toEqual(['10.0.39.15', '10.0.0.0', '10.0.0.1']);
    exporters = madeExporters;
    expect(await namesIn(await ask('?limit=10000'))).toEqual([
      '192.0.2.2',
      '192.0.2.1',
      '192.0.2.9',
      '192.0.2.9',
    ]);
    exporters = manyExporters(COUNT);
  });

  it.each(['0', '10001', 'all', '1.5'])('are not cut to %s', async (limit) => {
    const answer = await ask(`?limit=${limit}`);
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { error: `limit: expected a whole number from 1 to 10000, found "${limit}"` },
    ]);
  });

  it('have no other parameter', async () => {
    expect((await ask('?last=3')).status).toBe(400);
  });
});
