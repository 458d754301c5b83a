import { expect, it } from 'vitest';
import { connect, createNamespace, sweepNamespaces } from '../../support/namespace.ts';
import { loadRules, readCounters } from '../../support/nftables.ts';
import { run } from '../../support/program.ts';
import { requires } from '../../support/requires.ts';

requires(
  'namespaces',
  'nft',
  'ping',
)('a network namespace of the tests', () => {
  it('carries IPv4 and IPv6 to its neighbour, and nftables counts both to the byte', async () => {
    await using left = await createNamespace('left');
    await using right = await createNamespace('right');
    await connect(
      { namespace: left, device: 'eth0', addresses: ['10.0.0.1/24', 'fd00::1/64'] },
      { namespace: right, device: 'eth0', addresses: ['10.0.0.2/24', 'fd00::2/64'] },
    );
    await loadRules(
      right,
      `table inet count {
         counter v4 {}
         counter v6 {}
         chain input {
           type filter hook input priority 0;
           icmp type echo-request counter name v4
           icmpv6 type echo-request counter name v6
         }
       }`,
    );
    await left.run(['ping', '-c', '2', '-i', '0.01', '-s', '100', '10.0.0.2']);
    await left.run(['ping', '-c', '3', '-i', '0.01', '-s', '100', 'fd00::2']);
    expect(await readCounters(right)).toEqual({
      v4: { packets: 2, octets: 2 * (20 + 8 + 100) },
      v6: { packets: 3, octets: 3 * (40 + 8 + 100) },
    });
  });

  it('has its own sysctls', async () => {
    await using one = await createNamespace('one');
    await using other = await createNamespace('other');
    one.setSysctl('net.netfilter.nf_conntrack_acct', 1);
    other.setSysctl('net.netfilter.nf_conntrack_acct', 0);
    expect(one.sysctl('net.netfilter.nf_conntrack_acct')).toBe('1');
    expect(other.sysctl('net.netfilter.nf_conntrack_acct')).toBe('0');
  });

  it('runs Node inside and returns its output', async () => {
    await using inside = await createNamespace('node');
    const names = await inside.runSource(`
      import { networkInterfaces } from 'node:os';
      const names: string[] = Object.keys(networkInterfaces());
      console.log(JSON.stringify(names));
    `);
    expect(JSON.parse(names)).toEqual(['lo']);
  });

  it('ends its programs and disappears when it is closed', async () => {
    const namespace = await createNamespace('gone');
    const program = namespace.start(['sleep', '1000']);
    await using _ = program;
    await namespace.run(['true']);
    await namespace.close();
    expect((await program.ended).signal).toBe('SIGKILL');
    expect(await run(['ip', 'netns', 'list'])).not.toContain(namespace.name);
  });

  it('is removed with its programs once its creator is dead, and only then', async () => {
    await using living = await createNamespace('living');
    const dead = `weir-${process.pid}-1-000000-dead`; // this pid, but of a process that started at boot
    await run(['ip', 'netns', 'add', dead]);
    const swept = sweepNamespaces();
    expect(swept).toContain(dead);
    expect(swept).not.toContain(living.name);
    const listed = await run(['ip', 'netns', 'list']);
    expect(listed).toContain(living.name);
    expect(listed).not.toContain(dead);
  });
});
