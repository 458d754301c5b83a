import { expect, it } from 'vitest';
import { ConntrackSource } from '../../../src/exporter/conntrack/index.ts';
import { connectionRows } from '../../support/connection-row.ts';
import { insertConnections, numberedConnection } from '../../support/conntrack-fixture.ts';
import { createNamespace } from '../../support/namespace.ts';
import { requires } from '../../support/requires.ts';

/**
 * Starts a program as a container does: /proc/sys cannot be written, and CAP_NET_ADMIN is the only
 * capability.
 */
const asInContainer = [
  ...['unshare', '--mount', 'sh', '-c'],
  'mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys && exec "$@"',
  ...['sh', 'setpriv', '--bounding-set=-all,+net_admin'],
];

const turnOn = `
  const { ConntrackSource } = await import(${JSON.stringify(
    new URL('../../../src/exporter/conntrack/index.ts', import.meta.url).href,
  )});
  const handlers = { onBatch() {}, onOverrun() {}, onFailure(error) { throw error; } };
  const source = new ConntrackSource({ events: false }, handlers);
  await source.start();
  console.log(JSON.stringify(await source.enableAccounting()));
  await source.stop();`;

requires(
  'namespaces',
  'mount',
  'setpriv',
  'nft',
)('accounting where its sysctl cannot be written', () => {
  it('is turned on by a rule that leaves nothing behind', async () => {
    await using namespace = await createNamespace('closed');
    const node = [process.execPath, '--input-type=module', '--eval', turnOn];
    const [accounting, timestamps] = JSON.parse(await namespace.run([...asInContainer, ...node]));
    expect(accounting).toMatchObject({ name: 'net.netfilter.nf_conntrack_acct', was: '0', is: '1' });
    expect(accounting).not.toHaveProperty('problem');
    expect(timestamps).toMatchObject({ was: '0', is: '0', problem: expect.stringContaining('EROFS') });
    expect(namespace.sysctl('net.netfilter.nf_conntrack_acct')).toBe('1');
    expect(await namespace.run(['nft', 'list', 'ruleset'])).toBe('');

    namespace.enter(() => insertConnections([numberedConnection(1)]));
    const packets: number[] = [];
    const source = new ConntrackSource(
      { netns: namespace.path, events: false },
      {
        onBatch: (batch) => packets.push(...connectionRows(batch).map((row) => row.packets[0]!)),
        onOverrun: () => {},
        onFailure: (error) => {
          throw error;
        },
      },
    );
    await source.start();
    await source.dump();
    await source.stop();
    expect(packets).toEqual([0]); // without accounting it would be NaN
  });
});
