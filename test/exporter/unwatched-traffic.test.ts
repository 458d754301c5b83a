import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Coverage } from '../../src/exporter/coverage.ts';
import { UnwatchedTraffic } from '../../src/exporter/unwatched-traffic.ts';
import { Ledger, Log } from '../../src/runtime/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

describe('UnwatchedTraffic', () => {
  let directory: TemporaryDirectory;
  let clock: FakeClock;
  let said: string[];

  beforeEach(() => {
    directory = new TemporaryDirectory();
    clock = new FakeClock();
    said = [];
  });
  afterEach(() => directory[Symbol.dispose]());

  const state = () => directory.file('state');
  const file = () => directory.file('state/last-reading.json');

  /** An agent that starts when the host's counter is at `first`. */
  const start = async (first: number) => {
    const ledger = new Ledger();
    const coverage = new Coverage(ledger);
    coverage.observe(first);
    const log = new Log(clock, (line) => said.push(line));
    const unwatched = new UnwatchedTraffic(state(), undefined, { clock, log, coverage });
    await unwatched.begin();
    const pollAt = async (reading: number) => {
      coverage.observe(reading);
      coverage.conclude(coverage.carried, coverage.carried);
      await unwatched.save();
    };
    return { pollAt, account: () => ledger.toJSON()[0]! };
  };

  it('drops the packets between the last reading of one agent and the start of the next', async () => {
    const killed = await start(1_000);
    await killed.pollAt(1_500);
    expect(killed.account().dropped).toEqual({ 'not counted': 0 });
    const began = new Date(clock.now()).toISOString();
    clock.advance(60_000);
    const next = await start(1_720);
    await next.pollAt(1_730);
    expect(next.account()).toMatchObject({ received: 230, sent: 10, held: 0, closed: true });
    expect(next.account().dropped).toEqual({ 'not counted': 0, 'no agent ran': 220 });
    const ended = new Date(clock.now()).toISOString();
    expect(said.at(-1)).toContain(`no agent ran from ${began} to ${ended}: 220 IP packets passed meanwhile`);
  });

  it('counts from zero after the host or its namespace restarted', async () => {
    await (await start(1_000)).pollAt(1_500);
    const saved = JSON.parse(readFileSync(file(), 'utf8'));
    for (const other of [{ bootId: 'another' }, { namespace: 1 }, { ipPackets: 9_000 }]) {
      writeFileSync(file(), JSON.stringify({ ...saved, ...other }));
      const next = await start(1_720);
      expect(next.account().dropped).toMatchObject({ 'no agent ran': 1_720 });
      expect(said.at(-1)).toMatch(/and the host or its network namespace restarted, to .*: 1720 IP packets/);
    }
  });

  it('reports an unknown number if there is no readable reading', async () => {
    const first = await start(1_000);
    expect(said.at(-1)).toMatch(/the number of packets before this start is unknown.*\(none is there\)/);
    expect(first.account().dropped).toEqual({});
    for (const broken of ['', '{"ipPackets":"many"}', 'null', '{"ipPackets":5,"at":"yesterday"}']) {
      writeFileSync(file(), broken);
      const next = await start(2_000);
      expect(said.at(-1)).toContain('the number of packets before this start is unknown');
      expect(next.account().dropped).toEqual({});
    }
  });

  it('keeps its file private to its user, and refuses a directory that everybody may write', async () => {
    await (await start(1_000)).pollAt(1_500);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(statSync(state()).mode & 0o777).toBe(0o700);
    chmodSync(state(), 0o777);
    await expect(start(1_600)).rejects.toMatchObject({ code: 'WEIR_FOLDER_OPEN_TO_ALL' });
  });
});
