import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import {
  allPresets,
  DeniedConnections,
  type DeniedConnectionsOptions,
} from '../../src/exporter/denied/index.ts';
import { type FlowRecord, parseAddress, RuleAction } from '../../src/flow/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import { connect, createNamespace, type NetworkNamespace } from '../support/namespace.ts';
import { loadRules, readCounters } from '../support/nftables.ts';
import { requires } from '../support/requires.ts';
import { until } from '../support/until.ts';

const GROUP = 100;

/** Reads group 100 of a namespace. Stops when it goes out of scope. */
async function watch(namespace: NetworkNamespace, options: Partial<DeniedConnectionsOptions> = {}) {
  const ledger = new Ledger();
  const records: FlowRecord[] = [];
  const denied = new DeniedConnections(
    {
      groups: [{ group: GROUP, patterns: allPresets, defaultAction: RuleAction.drop }],
      activeTimeoutMs: 60_000,
      idleTimeoutMs: 15_000,
      networkNamespace: namespace.path,
      ...options,
    },
    {
      clock: systemClock,
      log: new Log(systemClock, () => {}),
      ledger,
      onFlows: (batch) => records.push(...batch),
    },
  );
  await denied.start();
  const [packets, flows] = ledger.accounts as [Ledger['accounts'][number], Ledger['accounts'][number]];
  return {
    denied,
    ledger,
    packets,
    flows,
    /** Stops, and returns every record. */
    async finish(): Promise<FlowRecord[]> {
      await denied.stop();
      return records;
    },
    [Symbol.asyncDispose]: () => denied.stop(),
  };
}

/** A client and a server, with a router between them that has a firewall. */
async function routed() {
  const client = await createNamespace('client');
  const router = await createNamespace('router');
  const server = await createNamespace('server');
  await connect(
    { namespace: client, device: 'eth0', addresses: ['10.1.0.1/24', 'fd01::1/64'] },
    { namespace: router, device: 'client', addresses: ['10.1.0.2/24', 'fd01::2/64'] },
  );
  await connect(
    { namespace: server, device: 'eth0', addresses: ['10.2.0.1/24', 'fd02::1/64'] },
    { namespace: router, device: 'server', addresses: ['10.2.0.2/24', 'fd02::2/64'] },
  );
  for (const via of ['10.1.0.2', 'fd01::2']) await client.addRoute('default', via);
  for (const via of ['10.2.0.2', 'fd02::2']) await server.addRoute('default', via);
  router.enableForwarding();
  return {
    client,
    router,
    server,
    async [Symbol.asyncDispose]() {
      for (const namespace of [server, router, client]) await namespace.close();
    },
  };
}

/**
 * A TCP connection, three datagrams and two pings to port 99 of each host. All are expected to fail.
 */
async function knock(from: NetworkNamespace, ...hosts: string[]): Promise<void> {
  const knocks = hosts.map(
    (host) => `
      timeout 0.3 bash -c 'echo > /dev/tcp/${host}/99' &
      for size in 1 22 333; do head -c $size /dev/zero > /dev/udp/${host}/99; done
      ping -n -q -c 2 -i 0.01 -W 0.2 ${host} &`,
  );
  await from.run(['bash', '-c', `exec 2> /dev/null\n${knocks.join('\n')}\nwait; true`]);
}

const protocols = [
  ['tcp4', 'meta nfproto ipv4 tcp dport 99', 6],
  ['tcp6', 'meta nfproto ipv6 tcp dport 99', 6],
  ['udp4', 'meta nfproto ipv4 udp dport 99', 17],
  ['udp6', 'meta nfproto ipv6 udp dport 99', 17],
  ['icmp4', 'icmp type echo-request', 1],
  ['icmp6', 'icmpv6 type echo-request', 58],
] as const;

/** Whether this kernel logs packets with their connections, by the configuration that it was built with. */
function tellsConnections(): boolean {
  const setting = 'CONFIG_NETFILTER_NETLINK_GLUE_CT=y';
  if (existsSync('/proc/config.gz')) return gunzipSync(readFileSync('/proc/config.gz')).includes(setting);
  return readFileSync(`/boot/config-${release()}`).includes(setting);
}

/** Rules that count and deny what `knock` does, one for each protocol and family. */
const denying = (hook: string, action: string, tcpVerdict: string = action) => `
  table inet firewall {
    ${protocols.map(([name]) => `counter ${name} {}`).join('\n')}
    chain ${hook} {
      type filter hook ${hook} priority 0
      ${protocols
        .map(([name, match, protocol]) => {
          const log = `log group ${GROUP} prefix "${action} ${hook}:${name}"`;
          return `${match} counter name ${name} ${log} ${protocol === 6 ? tcpVerdict : action}`;
        })
        .join('\n')}
    }
  }`;

const trackEverything = `
  table inet tracking {
    chain input { type filter hook input priority 0; ct state new accept; }
    chain output { type filter hook output priority 0; ct state new accept; }
  }`;

requires(
  'namespaces',
  'nft',
  'ping',
)('denied connections', () => {
  it.each([
    ['input', 'drop'],
    ['input', 'reject'],
    ['forward', 'drop'],
    ['forward', 'reject'],
    ['output', 'drop'],
    ['output', 'reject'],
  ])(
    'in %s by %s have the packets and octets that nftables counted, for every protocol and family',
    async (hook, action) => {
      await using net = await routed();
      await loadRules(net.router, denying(hook, action));
      await using host = await watch(net.router);
      if (hook === 'input') await knock(net.client, '10.1.0.2', 'fd01::2');
      if (hook === 'forward') await knock(net.client, '10.2.0.1', 'fd02::1');
      if (hook === 'output') await knock(net.router, '10.2.0.1', 'fd02::1');
      const records = await host.finish();
      const counters = await readCounters(net.router);
      const direction = hook === 'output' ? 'egress' : 'ingress';
      for (const [name, , protocol] of protocols) {
        const ofRule = records.filter((record) => record[`${direction}NetworkPolicyRuleName`] === name);
        const sum = (field: 'packetDeltaCount' | 'octetDeltaCount') =>
          ofRule.reduce((total, record) => total + record[field]!, 0);
        expect({ packets: sum('packetDeltaCount'), octets: sum('octetDeltaCount') }).toEqual(counters[name]);
        expect(counters[name]!.packets).toBeGreaterThan(0);
        for (const record of ofRule) {
          expect(record).toMatchObject({
            protocolIdentifier: protocol,
            [`${direction}NetworkPolicyName`]: hook,
            [`${direction}NetworkPolicyRuleAction`]: action === 'drop' ? RuleAction.drop : RuleAction.reject,
          });
          expect(record.sourceIP!.includes(':')).toBe(name.endsWith('6'));
          expect(Math.abs(record.flowStartMilliseconds! - Date.now())).toBeLessThan(60_000);
        }
      }
      const total = Object.values(counters).reduce((packets, counter) => packets + counter.packets, 0);
      expect(host.ledger.toJSON()).toMatchObject([
        { received: total, sent: total, dropped: {}, held: 0, events: {}, closed: true },
        { received: records.length, sent: records.length, held: 0, closed: true },
      ]);
    },
  );

  it('contain their ingress interface, and the egress interface that they would have used', async () => {
    await using net = await routed();
    await loadRules(net.router, denying('forward', 'drop'));
    await using host = await watch(net.router);
    await knock(net.client, '10.2.0.1');
    const links = JSON.parse(await net.router.ip('-j', 'link'));
    const byName = (name: string) => links.find((link: { ifname: string }) => link.ifname === name).ifindex;
    const records = await host.finish();
    expect(records.length).toBeGreaterThanOrEqual(3);
    for (const record of records) {
      expect(record).toMatchObject({ ingressInterface: byName('client'), egressInterface: byName('server') });
    }
  });

  it('contain the Service that they were sent to, where the kernel tells the connections of packets', async () => {
    await using net = await routed();
    const services = `table inet nat {
      chain prerouting {
        type nat hook prerouting priority dstnat
        ip daddr 10.96.0.1 tcp dport 80 dnat ip to 10.2.0.1:99
        ip6 daddr fd96::1 tcp dport 80 dnat ip6 to [fd02::1]:99
      }
    }`;
    await loadRules(net.router, `${services}\n${denying('forward', 'drop')}`);
    await using host = await watch(net.router);
    const dial = (to: string) => `timeout 0.3 bash -c 'echo > /dev/tcp/${to}'`;
    const dials = ['10.96.0.1/80', 'fd96::1/80', '10.2.0.1/99'].map(dial).join('; ');
    await net.client.run(['bash', '-c', `exec 2> /dev/null; ${dials}; true`]);
    const records = await host.finish();
    const told = records.map(({ destinationIP, destinationServiceIP, destinationServicePort }) =>
      [destinationIP, destinationServiceIP, destinationServicePort].join(' ').trim(),
    );
    expect(told.sort()).toEqual(
      tellsConnections()
        ? ['10.2.0.1', '10.2.0.1 10.96.0.1 80', 'fd02::1 fd96::1 80']
        : ['10.2.0.1', '10.2.0.1', 'fd02::1'],
    );
  });

  it('are recorded even when logged right before the agent stops', async () => {
    await using namespace = await createNamespace('host');
    await loadRules(namespace, denying('output', 'drop'));
    await using host = await watch(namespace);
    await namespace.run([
      'bash',
      '-c',
      'for i in 1 2 3; do echo > /dev/udp/127.0.0.1/99; done 2> /dev/null; true',
    ]);
    const records = await host.finish();
    const { udp4 } = await readCounters(namespace);
    expect(records.reduce((sum, record) => sum + record.packetDeltaCount!, 0)).toBe(udp4!.packets);
    expect(udp4!.packets).toBe(3);
  });

  it('are read from several groups, each with its own patterns', async () => {
    await using namespace = await createNamespace('host');
    await loadRules(
      namespace,
      `table inet firewall {
         chain output {
           type filter hook output priority 0
           udp dport 1 log group 7 prefix "policy=one" drop
           udp dport 2 log group 8 prefix "policy=two" drop
           udp dport 3 log group 8 prefix "let through, allow" accept
           udp dport 4 log group 8 drop
         }
       }`,
    );
    const patterns = [{ expression: /^policy=(?<policy>\w+)/ }];
    await using host = await watch(namespace, {
      groups: [
        { group: 7, patterns, defaultAction: RuleAction.reject },
        { group: 8, patterns: [...patterns, ...allPresets], defaultAction: RuleAction.drop },
      ],
    });
    await namespace.run([
      'bash',
      '-c',
      'for p in 1 2 3 4; do echo > /dev/udp/127.0.0.1/$p; done 2> /dev/null; true',
    ]);
    const records = await host.finish();
    expect(
      records
        .map((record) => [
          record.destinationTransportPort,
          record.egressNetworkPolicyName,
          record.egressNetworkPolicyRuleAction,
        ])
        .sort(),
    ).toEqual([
      [1, 'one', RuleAction.reject],
      [2, 'two', RuleAction.drop],
      [4, undefined, RuleAction.drop],
    ]);
    expect(host.packets.toJSON()).toMatchObject({
      received: 4,
      sent: 3,
      dropped: { allowed: 1 },
      closed: true,
    });
  });

  it('cause a clear error while another program reads the group, and are read after it leaves', async () => {
    await using namespace = await createNamespace('host');
    const first = await watch(namespace);
    await expect(watch(namespace)).rejects.toMatchObject({
      code: 'WEIR_NFLOG_GROUP_BUSY',
      message: expect.stringMatching(new RegExp(`^NFLOG group ${GROUP} is already bound by `)),
      remedy: expect.stringContaining('another group'),
    });
    await first.finish();
    await (await watch(namespace)).finish();
  });

  it('are counted exactly when the kernel could not deliver them', async () => {
    await using sender = await createNamespace('sender');
    await using namespace = await createNamespace('host');
    await connect(
      { namespace: sender, device: 'eth0', addresses: ['10.0.0.1/24'] },
      { namespace, device: 'eth0', addresses: ['10.0.0.2/24'] },
    );
    await loadRules(namespace, denying('input', 'drop').replaceAll('dport 99', 'dport 1-99'));
    await using host = await watch(namespace, { receiveBufferOctets: 32_768 });
    const asked = { host: '10.0.0.2', port: 1, ports: 99, datagrams: 40_000, octets: 10, perSecond: 80_000 };
    const program = new URL('../support/traffic/udp-blast.ts', import.meta.url).pathname;
    // Synchronous, so that nothing takes the reader's batches: it must stop reading, and the kernel must
    // discard packets.
    const { status } = spawnSync('ip', [
      'netns',
      'exec',
      sender.name,
      process.execPath,
      program,
      JSON.stringify(asked),
    ]);
    expect(status).toBe(0);
    await until('the reader to catch up', () => host.packets.events.get('overruns'));
    await sender.run(['bash', '-c', 'sleep 0.3; echo > /dev/udp/10.0.0.2/1']);
    const records = await host.finish();
    const { udp4 } = await readCounters(namespace);
    const lost = host.packets.events.get('lost in the kernel')!;
    expect(lost).toBeGreaterThan(1_000);
    expect(host.packets.received + lost).toBe(udp4!.packets);
    expect(records.reduce((sum, record) => sum + record.packetDeltaCount!, 0)).toBe(host.packets.received);
    expect(host.ledger.isClosed).toBe(true);
  });
});

requires(
  'namespaces',
  'nft',
  'ping',
  'conntrack',
)('connection tracking', () => {
  it.each([
    ['input', 'drop'],
    ['input', 'reject'],
    ['forward', 'drop'],
    ['forward', 'reject'],
    ['output', 'drop'],
    ['output', 'reject'],
  ])('keeps no connection that was denied in %s by %s', async (hook, action) => {
    await using net = await routed();
    await loadRules(net.router, `${trackEverything}\n${denying(hook, action)}`);
    await using host = await watch(net.router);
    const [from, v4, v6] = {
      input: [net.client, '10.1.0.2', 'fd01::2'] as const,
      forward: [net.client, '10.2.0.1', 'fd02::1'] as const,
      output: [net.router, '10.2.0.1', 'fd02::1'] as const,
    }[hook]!;
    await knock(from, v4, v6);
    await host.finish();
    expect(host.flows.received).toBeGreaterThan(0);
    expect(await net.router.run(['conntrack', '-L'])).toBe('');
  });

  it.each([
    ['drop', 'drop'],
    ['reject', 'reject'],
    ['reject', 'reject with tcp reset'],
  ])(
    'keeps connections denied over loopback, by %s (TCP: %s), without any reply; isDenied recognises all of them',
    async (action, tcpVerdict) => {
      await using namespace = await createNamespace('host');
      await loadRules(namespace, `${trackEverything}\n${denying('input', action, tcpVerdict)}`);
      namespace.setSysctl('net.netfilter.nf_conntrack_acct', 1);
      await using host = await watch(namespace);
      await knock(namespace, '127.0.0.1', '::1');
      await until('the last packet', async () => {
        const counters = Object.values(await readCounters(namespace));
        return host.packets.received === counters.reduce((sum, { packets }) => sum + packets, 0);
      });
      const entries = trackedConnections(await namespace.run(['conntrack', '-L', '-o', 'extended']));
      expect(entries.length).toBeGreaterThanOrEqual(4);
      for (const { source, destination, sourcePort, destinationPort, protocol, hasReply } of entries) {
        expect(hasReply).toBe(false);
        expect(
          host.denied.isDenied(
            parseAddress(source)!,
            0,
            parseAddress(destination)!,
            0,
            sourcePort,
            destinationPort,
            protocol,
          ),
        ).toBe(true);
      }
    },
  );
});

/** What `conntrack -L -o extended` prints, of connections only (no related ICMP errors). */
function trackedConnections(listing: string) {
  return listing
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const value = (key: string) => line.match(new RegExp(`\\b${key}=(\\S+)`))?.[1] ?? '';
      return {
        source: value('src'),
        destination: value('dst'),
        sourcePort: Number(value('sport') || value('id')),
        destinationPort: Number(value('dport')),
        protocol: Number(line.split(/\s+/)[3]),
        hasReply: !line.includes('[UNREPLIED]'),
      };
    });
}

requires(
  'namespaces',
  'nft',
  'ping',
)('the example firewall', () => {
  it('loads twice, admits what it should, and the presets read what it denies', async () => {
    await using net = await routed();
    const rules = readFileSync(new URL('../../examples/firewall/denied.nft', import.meta.url), 'utf8');
    await loadRules(net.router, rules);
    await loadRules(net.router, rules);
    await net.router.addRoute('203.0.113.0/24', '10.2.0.1');
    await using host = await watch(net.router);
    await net.client.run(['ping', '-n', '-q', '-c', '1', '-W', '2', '10.1.0.2']);
    await net.client.run(['ping', '-n', '-q', '-c', '1', '-W', '2', 'fd01::2']);
    await net.client.run([
      'bash',
      '-c',
      `
      echo > /dev/tcp/10.1.0.2/99
      echo > /dev/tcp/10.1.0.2/4739
      echo > /dev/udp/fd01::2/99
      exec 2> /dev/null; true`,
    ]);
    const refused = net.router.run(['bash', '-c', 'echo > /dev/tcp/203.0.113.9/53']);
    await expect(refused).rejects.toThrow('Connection refused');
    // a host asks for routers by itself, sooner or later
    const records = (await host.finish()).filter(({ destinationIP }) => destinationIP !== 'ff02::2');
    expect(
      records.map((record) => [
        record.destinationIP,
        record.ingressNetworkPolicyName ?? record.egressNetworkPolicyName,
        record.ingressNetworkPolicyRuleName ?? record.egressNetworkPolicyRuleName,
        record.ingressNetworkPolicyRuleAction ?? record.egressNetworkPolicyRuleAction,
      ]),
    ).toEqual([
      ['10.1.0.2', 'input', 'closed-port', RuleAction.reject],
      ['fd01::2', 'input', 'default', RuleAction.drop],
      ['203.0.113.9', 'output', 'forbidden-destination', RuleAction.reject],
    ]);
  });
});
