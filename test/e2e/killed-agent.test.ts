import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createNamespace } from '../support/namespace.ts';
import { loadRules, readCounters } from '../support/nftables.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { ping } from '../support/traffic.ts';
import { until } from '../support/until.ts';
import { startWeir, stopWeir } from '../support/weir.ts';

requires(
  'namespaces',
  'nft',
  'ping',
)('a killed agent', () => {
  it('ends its tracking, and the next agent reports the traffic that passed meanwhile', async () => {
    using directory = new TemporaryDirectory();
    await using host = await createNamespace('killed');
    await loadRules(
      host,
      `table inet truth {
        counter sent {}
        chain output {
          type filter hook output priority 0
          counter name sent
        }
      }`,
    );
    const stateDirectory = directory.file('state');
    const configuration = {
      flowExporter: { flowCollectorAddr: '127.0.0.1:4739:udp', flowPollInterval: '1s' },
      weir: { track: true, stateDirectory },
    };
    const killed = await startWeir(host, 'agent', configuration, directory);
    await until('its first reading', () => existsSync(`${stateDirectory}/last-reading.json`));
    const second = startWeir(host, 'agent', configuration, directory);
    await expect(second).rejects.toThrow(/the state directory \S+ is in use by process \d+/);
    await killed.stop('SIGKILL');
    await ping(host, { host: '127.0.0.1', count: 30, octets: 8, id: 7 });
    expect(await host.run(['nft', 'list', 'tables'])).toBe('table inet truth\n');

    const next = await startWeir(host, 'agent', configuration, directory);
    const ledger = await stopWeir(next);
    const packets = ledger.find(({ name }) => name === 'ip packets')!;
    const unwatched = Number(/no agent ran (\d+)/.exec(packets.remarks)?.[1]);
    expect(unwatched).toBeGreaterThanOrEqual(60);
    expect(unwatched).toBeLessThanOrEqual((await readCounters(host)).sent!.packets);
    expect(packets).toMatchObject({ closes: true });
    expect(next.stderr).toMatch(
      new RegExp(`no agent ran from \\S+Z to \\S+Z: ${unwatched} IP packets passed meanwhile`),
    );
  });
});
