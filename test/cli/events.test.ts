import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventsRoute } from '../../src/api/index.ts';
import { HttpServer } from '../../src/http/index.ts';
import { systemClock } from '../../src/runtime/index.ts';
import { EventPlace } from '../support/event-place.ts';
import { eventIn, madeEvent } from '../support/made-event.ts';
import { weir } from './weir.ts';

describe('weir events', () => {
  const place = new EventPlace();
  const server = new HttpServer(
    { host: '127.0.0.1', port: 0 },
    { '/events': eventsRoute({ clock: systemClock, history: () => place.directory }) },
  );

  beforeAll(async () => {
    const time = new Date(Date.now() - 5_000).toISOString();
    const old = new Date(Date.now() - 86_400_000).toISOString();
    await place.keep([
      { ...madeEvent({ kind: 'process', names: {}, reason: 'Started', message: 'a\u001b[2J' }), time: old },
      { ...eventIn('shop', 'OOMKilled'), time },
      eventIn('bank', 'BackOff'),
    ]);
    await server.start();
  });

  afterAll(async () => {
    await server.stop();
    place[Symbol.dispose]();
  });

  const ofFiles = (...args: string[]) =>
    weir('events', '--from', 'history', '--directory', place.directory, ...args);
  const ofProcess = (...args: string[]) => weir('events', '--server', server.url, ...args);

  it('prints the same from the files and from the running process', async () => {
    const question = ['--since', '2d', '--search', 'cart', '-o', 'json'];
    const [files, running] = await Promise.all([ofFiles(...question), ofProcess(...question)]);
    expect(running).toEqual(files);
    expect(files.code).toBe(0);
    const reasons = files.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).reason);
    expect(reasons).toEqual(['Started', 'OOMKilled', 'BackOff']);
    expect(files.stdout).not.toContain('\u001b');
    expect(files.stderr).toMatch(/^weir: events are kept since .*Z\n$/);
  });

  it('prints a table, of some kinds and namespaces, and says what it leaves out', async () => {
    const table = await ofProcess('--namespace', 'shop', '--kind', 'kubernetes', '--kind', 'rollout');
    expect(
      table.stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ {2,}/).slice(1)),
    ).toEqual([
      ['KIND', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE'],
      ['kubernetes', 'Warning', 'OOMKilled', 'Pod shop/cart-0', 'container app ended with exit code 137'],
    ]);
    expect((await ofFiles('--limit', '1')).stderr).toBe(
      'weir: there are older events, too: only the newest 1 are shown\n',
    );
  });

  it.each([
    [['--kind', 'weather'], 'expected one of kubernetes, rollout, agent, process, loss, alert'],
    [['--since', '1h', '--until', '2h'], '--until: expected a time after --since (1h); found 2h'],
    [['--limit', '0'], 'expected a whole number from 1 to 10000'],
    [['--directory', '/x'], '--directory is for the files of a history'],
  ])('refuses what it does not know: %s', async (args, words) => {
    const { code, stderr } = await weir('events', ...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
  });

  it('fails where there is no history', async () => {
    const { code, stderr } = await weir('events', '--from', 'history', '--directory', '/nowhere');
    expect([code, stderr]).toEqual([1, expect.stringContaining('WEIR_HISTORY_MISSING')]);
  });
});
