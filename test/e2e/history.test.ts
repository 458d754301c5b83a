import { expect, it } from 'vitest';
import { weirCommand } from '../cli/weir.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { loneHost } from '../support/topology.ts';
import { exchangeTcp, startTcpServer } from '../support/traffic.ts';
import { until } from '../support/until.ts';
import { readLedger } from '../support/weir.ts';

const port = 8443;

requires('namespaces', 'nft')('weir up with a history', () => {
  it('keeps what it has shown, also when it is killed, and the next one goes on with it', async () => {
    using place = new TemporaryDirectory();
    const directory = place.file('history');
    await using host = await loneHost();
    await startTcpServer(host, { port, replyOctets: 3_000 });
    const talk = () =>
      exchangeTcp(host, { host: '127.0.0.1', port, connections: 5, octets: 1_000, concurrency: 1 });
    const kept = async (): Promise<Record<string, unknown>[]> => {
      const lines = await host.run(
        weirCommand(
          'flows',
          '--from',
          'history',
          '--directory',
          directory,
          '--since',
          '1h',
          '--port',
          String(port),
          '-o',
          'json',
        ),
      );
      return lines
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line));
    };
    const ended = async () => (await kept()).filter(({ flowEndReason }) => flowEndReason === 'EndOfFlow');
    {
      await using first = host.start(weirCommand('up', '--history', directory));
      await first.says(/turned connection tracking on/);
      await talk();
      await until('five ends of flows', async () => (await ended()).length === 5);
      first.process.kill('SIGKILL');
      await first.ended;
    }
    const killedMs = Date.now();
    const before = await kept();
    await until('a time without a writer', () => Date.now() > killedMs + 1_000);
    const againMs = Date.now();
    await using second = host.start(weirCommand('up', '--history', directory));
    await second.says(/weir: ready/);
    const question = ['query', '--from', 'history', '--directory', directory, '--measure', 'records'];
    const { coverage } = JSON.parse(await host.run(weirCommand(...question, '-o', 'json')));
    const gap = coverage.gaps.at(-1);
    expect(gap.why).toBe('no process wrote');
    expect(gap.fromMs).toBeLessThanOrEqual(killedMs);
    expect(gap.toMs).toBeGreaterThanOrEqual(againMs);
    expect(coverage.coveredToMs).toBeGreaterThanOrEqual(gap.toMs);
    await using third = host.start(weirCommand('up', '--history', directory, '--http', '127.0.0.1:10350'));
    await third.says(/flows are not kept on this machine: the history .* is in use by process/);
    await third.says(/weir: ready/);
    expect((await third.stop('SIGINT')).code).toBe(0);
    await talk();
    await until('five more', async () => (await ended()).length >= 10);
    const shown = await host.run(weirCommand('flows', '--since', '3d', '--port', String(port), '-o', 'json'));
    const asked = shown
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    expect(asked.slice(0, before.length)).toEqual(before);
    expect(asked.length).toBeGreaterThanOrEqual(before.length + 5);
    const stopped = await second.stop('SIGINT');
    expect(stopped.code, stopped.stderr).toBe(0);
    const ledger = readLedger(stopped);
    expect(ledger.filter(({ closes }) => !closes)).toEqual([]);
    const account = ledger.find(({ name }) => name === 'history')!;
    expect(account.received).toBeGreaterThanOrEqual(5);
    expect(account).toMatchObject({ unit: 'records', sent: account.received, dropped: 0, held: 0 });
    expect((await kept()).slice(0, before.length)).toEqual(before);
    const stats = JSON.parse(
      await host.run(weirCommand('history', 'stats', '--directory', directory, '-o', 'json')),
    );
    expect(stats.records).toBeGreaterThanOrEqual(before.length + account.sent);
  });
});
