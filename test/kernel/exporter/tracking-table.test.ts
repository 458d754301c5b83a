import { expect, it } from 'vitest';
import { readTableState, TrackingTable } from '../../../src/exporter/conntrack/index.ts';
import { createNamespace } from '../../support/namespace.ts';
import { loadRules } from '../../support/nftables.ts';
import { requires } from '../../support/requires.ts';

requires(
  'namespaces',
  'nft',
  'ping',
)('TrackingTable', () => {
  it('turns connection tracking on, for loopback too, without any other rule', async () => {
    await using namespace = await createNamespace('track');
    const table = new TrackingTable();
    await namespace.run(['ping', '-c', '1', '127.0.0.1']);
    expect(namespace.enter(readTableState)).toMatchObject({
      entries: 0,
      hasTrackingTable: false,
      tracking: 'not-seen',
    });
    expect(namespace.enter(() => table.ensure())).toBe('made');
    expect(namespace.enter(readTableState)).toMatchObject({
      entries: 0,
      hasTrackingTable: true,
      tracking: 'yes',
      warnings: [],
    });
    await namespace.run(['ping', '-c', '1', '127.0.0.1']);
    await namespace.run(['ping', '-c', '1', '::1']);
    expect(namespace.enter(readTableState).entries).toBe(2);
  });

  it('reads as what it is in nft', async () => {
    await using namespace = await createNamespace('list');
    namespace.enter(() => new TrackingTable().ensure());
    expect((await namespace.run(['nft', 'list', 'ruleset'])).replaceAll('\t', '  ')).toBe(
      `table inet weir {
  comment "Weir: keeps connection tracking on"
  chain track {
    ct state new
  }
}
`,
    );
  });

  it('takes over what a crash has left, and removes it with nothing else', async () => {
    await using namespace = await createNamespace('crash');
    await loadRules(
      namespace,
      `table inet mine {
        chain input {
          type filter hook input priority 0
          accept
        }
      }`,
    );
    const mine = await namespace.run(['nft', 'list', 'ruleset']);
    await loadRules(
      namespace,
      `table inet weir {
        chain old {
          ct state new accept
        }
      }`,
    );
    expect(namespace.enter(() => new TrackingTable().ensure())).toBe('taken-over');
    expect(await namespace.run(['nft', 'list', 'table', 'inet', 'weir'])).not.toContain('old');
    expect(namespace.enter(() => new TrackingTable().remove())).toBe('removed');
    expect(namespace.enter(() => new TrackingTable().remove())).toBe('absent');
    expect(await namespace.run(['nft', 'list', 'ruleset'])).toBe(mine);
  });
});
