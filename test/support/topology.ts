import { connect, createNamespace, type NetworkNamespace } from './namespace.ts';

/** An IPv4 and an IPv6 address of one thing. */
export interface Addresses {
  v4: string;
  v6: string;
}

/** One namespace with nothing but loopback: a host to watch connections on. */
export function loneHost(): Promise<NetworkNamespace> {
  return createNamespace('host');
}

/** A node, and behind it the namespace where its client or pod programs run. */
export interface Site {
  /** Routes for `client`. Devices: `client`, `underlay`, `manage`. An agent runs here. */
  node: NetworkNamespace;
  /** Device: `eth0`. Its default route is the node. */
  client: NetworkNamespace;
  clientAddress: Addresses;
  /** The node as its client sees it. */
  gatewayAddress: Addresses;
  /** The node as the other node sees it. */
  underlayAddress: Addresses;
  /** The node as the aggregator sees it. */
  manageAddress: Addresses;
}

export interface TwoNodes extends AsyncDisposable {
  a: Site;
  b: Site;
  /**
   * Where an aggregator or a capture of exports runs. Its links to both nodes carry nothing else.
   */
  aggregator: NetworkNamespace;
  /** One address for both nodes, on the aggregator's loopback. */
  aggregatorAddress: Addresses;
  close(): Promise<void>;
}

/**
 * Two nodes that route for a client each; IPv4 and IPv6. No bridges, no NAT and no conntrack until a test
 * loads rules.
 *
 *     client a                node a                     node b                client b
 *    ┌────────┐              ┌──────┐                   ┌──────┐              ┌────────┐
 *    │   eth0 ├──────client──┤      ├─underlay─underlay─┤      ├──client──────┤ eth0   │
 *    └────────┘              └──┬───┘                   └───┬──┘              └────────┘
 *   10.10.1.2    10.10.1.1   manage   10.0.0.1  10.0.0.2  manage   10.10.2.1    10.10.2.2
 *   fd10:1::2    fd10:1::1      │     fd00::1   fd00::2     │      fd10:2::1    fd10:2::2
 *                    10.20.1.1  └──────┐       ┌────────────┘  10.20.2.1
 *                    fd20:1::1     ┌─node-a─node-b─┐           fd20:2::1
 *                                  │      lo       │ aggregator: 10.20.0.1, fd20::1
 *                                  └───────────────┘
 *
 * Packets look as on a wire (no offloads), so that every hop counts the same packets; `offloads: true` leaves
 * the offloads on for bulk traffic.
 */
export async function twoNodes({ offloads = false } = {}): Promise<TwoNodes> {
  const made: NetworkNamespace[] = [];
  const make = async (label: string) => {
    const namespace = await createNamespace(label);
    made.push(namespace);
    return namespace;
  };
  const close = async () => {
    for (const namespace of made.reverse()) await namespace.close();
  };
  try {
    const aggregator = await make('aggregator');
    const aggregatorAddress = addressOf('20', '', 1, '0');
    await aggregator.addAddress('lo', `${aggregatorAddress.v4}/32`);
    await aggregator.addAddress('lo', `${aggregatorAddress.v6}/128`);
    const a = await makeSite('a', 1, make, aggregator, aggregatorAddress);
    const b = await makeSite('b', 2, make, aggregator, aggregatorAddress);
    await connect(
      { namespace: a.node, device: 'underlay', addresses: prefixed(a.underlayAddress) },
      { namespace: b.node, device: 'underlay', addresses: prefixed(b.underlayAddress) },
    );
    await routeTo(a, b);
    await routeTo(b, a);
    if (!offloads) for (const site of [a, b]) await disableOffloads(site, aggregator);
    return { a, b, aggregator, aggregatorAddress, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function makeSite(
  label: 'a' | 'b',
  number: 1 | 2,
  make: (label: string) => Promise<NetworkNamespace>,
  aggregator: NetworkNamespace,
  aggregatorAddress: Addresses,
): Promise<Site> {
  const site: Site = {
    node: await make(`node-${label}`),
    client: await make(`client-${label}`),
    clientAddress: addressOf('10', `${number}`, 2),
    gatewayAddress: addressOf('10', `${number}`, 1),
    underlayAddress: { v4: `10.0.0.${number}`, v6: `fd00::${number}` },
    manageAddress: addressOf('20', `${number}`, 1),
  };
  const aggregatorEnd = addressOf('20', `${number}`, 2);
  await connect(
    { namespace: site.client, device: 'eth0', addresses: prefixed(site.clientAddress) },
    { namespace: site.node, device: 'client', addresses: prefixed(site.gatewayAddress) },
  );
  await connect(
    { namespace: site.node, device: 'manage', addresses: prefixed(site.manageAddress) },
    { namespace: aggregator, device: `node-${label}`, addresses: prefixed(aggregatorEnd) },
  );
  await site.client.addRoute('default', site.gatewayAddress.v4);
  await site.client.addRoute('default', site.gatewayAddress.v6);
  await site.node.addRoute(aggregatorAddress.v4, aggregatorEnd.v4);
  await site.node.addRoute(aggregatorAddress.v6, aggregatorEnd.v6);
  site.node.enableForwarding();
  return site;
}

/** Gives `from`'s node the routes to the other site's client. */
async function routeTo(from: Site, to: Site): Promise<void> {
  await from.node.addRoute(to.clientAddress.v4.replace(/\.\d+$/, '.0/24'), to.underlayAddress.v4);
  await from.node.addRoute(to.clientAddress.v6.replace(/::.*$/, '::/64'), to.underlayAddress.v6);
}

async function disableOffloads({ node, client }: Site, aggregator: NetworkNamespace): Promise<void> {
  for (const device of ['client', 'underlay', 'manage']) await node.disableOffloads(device);
  await client.disableOffloads('eth0');
  for (const device of ['node-a', 'node-b']) await aggregator.disableOffloads(device);
}

function addressOf(net: string, site: string, host: number, third = site): Addresses {
  return { v4: `10.${net}.${third}.${host}`, v6: `fd${net}${site && `:${site}`}::${host}` };
}

function prefixed({ v4, v6 }: Addresses): string[] {
  return [`${v4}/24`, `${v6}/64`];
}
