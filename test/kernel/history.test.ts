import { expect, it } from 'vitest';
import { FanOut } from '../../src/aggregator/index.ts';
import { batchOf, noCondition } from '../../src/flow/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import { HistoryReader } from '../../src/store/index.ts';
import { historyInItsThread, historyInThisThread } from '../support/history-beds.ts';
import { flowsIn } from '../support/kept-history.ts';
import { OwnDisk } from '../support/own-disk.ts';
import { requires } from '../support/requires.ts';
import { numberedFlow } from '../support/sink-under-test.ts';
import { until } from '../support/until.ts';

const batchFrom = (from: number) =>
  batchOf(Array.from({ length: 100 }, (_, i) => numberedFlow(from + i, { flowId: from + i })));

requires('namespaces', 'mount')('on a disk that another fills,', () => {
  it.each([
    ['in this thread', historyInThisThread],
    ['in a thread of its own', historyInItsThread],
  ])('a history %s counts what it cannot keep, keeps the rest, and goes on', async (_, make) => {
    await using disk = await OwnDisk.start('4m');
    const directory = disk.file('history');
    const said: string[] = [];
    const ledger = new Ledger();
    const log = new Log(systemClock, (line) => said.push(line));
    const sink = make(directory, { clock: systemClock, ledger, log });
    const queue = new FanOut(systemClock, ledger, log, [{ sink, queueRecords: 900 }]);
    const own = () => ledger.accounts.find(({ name }) => name === 'history')!;
    await queue.start();
    let written = 0;
    const writeUntil = (what: string, condition: () => boolean) =>
      until(what, () => {
        queue.write(batchFrom(written));
        written += 100;
        return condition();
      });
    await writeUntil('some are kept', () => own().sent >= 1_000);
    disk.fill();
    await writeUntil('the disk refuses some', () => (own().dropped.get('disk full') ?? 0) > 0);
    expect(queue.readings[0]).toMatchObject({ isUp: false });
    const before = own().sent;
    disk.makeRoom();
    await writeUntil('more are kept', () => own().sent > before);
    await until('it is up', () => queue.readings[0]!.isUp);
    await queue.stop(60_000);
    expect(said.join('\n')).toContain('records lost: cannot append to the history');
    for (const account of ledger.accounts) expect(account.difference, account.name).toBe(0);
    using reader = await HistoryReader.open(directory);
    const ids = (await flowsIn(reader, { condition: noCondition })).map(({ flowId }) => flowId!);
    expect(ids).toHaveLength(own().sent);
    expect(new Set(ids).size).toBe(ids.length);
    expect(reader.notices).toEqual([]);
  });
});
