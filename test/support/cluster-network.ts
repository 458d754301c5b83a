import { connect, createNamespace, type NetworkNamespace } from './namespace.ts';
import { loadRules } from './nftables.ts';
import type { Addresses } from './topology.ts';

/*
 * The network of a cluster: nodes and an outside host around a router, Pods behind the nodes. All is routed.
 *
 *                  control plane, and router
 *                  172.30.0.1      fd30::1
 *             ┌───────────┬────────────────┐
 *        node-1        node-2           outside
 *        172.30.1.1    172.30.2.1       198.51.100.1
 *        fd30:1::1     fd30:2::1        2001:db8:51::1
 *           │             │
 *        its Pods      its Pods
 *        10.244.1.2 …  10.244.2.2 …
 *        fd44:1::2  …  fd44:2::2  …
 *
 * The outside host has routes to the nodes only. Each node masquerades its Pods towards all but Pods, as most
 * network plugins do. Packets look as on a wire (no offloads).
 */

/** All Pods; all nodes with the control plane; all Services. */
export const podRanges = ['10.244.0.0/16', 'fd44::/16'];
export const nodeRanges = ['172.30.0.0/16', 'fd30::/16'];
export const serviceRanges = ['10.96.0.0/16', 'fd96::/108'];

export interface NetworkSite {
  readonly namespace: NetworkNamespace;
  readonly addresses: Addresses;
}

export interface NodeSite extends NetworkSite {
  readonly number: number;
  readonly podRanges: Addresses;
}

/** Makes the namespaces of a cluster and connects them. Close it to remove them. */
export class ClusterNetwork {
  readonly #made: NetworkNamespace[] = [];
  readonly #pods = new Map<number, number>();
  #control: NetworkSite | undefined;

  async addControlPlane(): Promise<NetworkSite> {
    const namespace = await this.#make('control');
    namespace.enableForwarding();
    const addresses = { v4: '172.30.0.1', v6: 'fd30::1' };
    await namespace.addAddress('lo', `${addresses.v4}/32`);
    await namespace.addAddress('lo', `${addresses.v6}/128`);
    this.#control = { namespace, addresses };
    return this.#control;
  }

  async addNode(number: number): Promise<NodeSite> {
    const addresses = { v4: `172.30.${number}.1`, v6: `fd30:${number}::1` };
    const namespace = await this.#connectToRouter(`node-${number}`, addresses);
    const router = { v4: `172.30.${number}.254`, v6: `fd30:${number}::fe` };
    const podRangesOfNode = { v4: `10.244.${number}.0/24`, v6: `fd44:${number}::/64` };
    await namespace.addRoute('default', router.v4);
    await namespace.addRoute('default', router.v6);
    await this.#router.addRoute(podRangesOfNode.v4, addresses.v4);
    await this.#router.addRoute(podRangesOfNode.v6, addresses.v6);
    namespace.enableForwarding();
    await loadRules(namespace, masquerading(podRangesOfNode));
    return { namespace, addresses, number, podRanges: podRangesOfNode };
  }

  async addOutside(): Promise<NetworkSite> {
    const addresses = { v4: '198.51.100.1', v6: '2001:db8:51::1' };
    const namespace = await this.#connectToRouter('outside', addresses);
    await namespace.addRoute(nodeRanges[0]!, '198.51.100.254');
    await namespace.addRoute(nodeRanges[1]!, '2001:db8:51::fe');
    return { namespace, addresses };
  }

  /** A namespace with a route of its own on the node, and the node as its default route. */
  async addPod(node: NodeSite): Promise<NetworkSite> {
    const count = (this.#pods.get(node.number) ?? 0) + 1;
    this.#pods.set(node.number, count);
    const device = `pod-${count}`;
    const namespace = await this.#make(`node-${node.number}-${device}`);
    const gateway = { v4: `10.244.${node.number}.1`, v6: `fd44:${node.number}::1` };
    const addresses = { v4: `10.244.${node.number}.${count + 1}`, v6: `fd44:${node.number}::${count + 1}` };
    await connect(
      { namespace, device: 'eth0', addresses: [`${addresses.v4}/32`, `${addresses.v6}/128`] },
      { namespace: node.namespace, device, addresses: [`${gateway.v4}/32`, `${gateway.v6}/128`] },
    );
    for (const family of ['v4', 'v6'] as const) {
      await node.namespace.ip('route', 'add', addresses[family], 'dev', device);
      await namespace.ip('route', 'add', gateway[family], 'dev', 'eth0');
      await namespace.addRoute('default', gateway[family]);
    }
    await node.namespace.disableOffloads(device);
    await namespace.disableOffloads('eth0');
    return { namespace, addresses };
  }

  async close(): Promise<void> {
    for (const namespace of this.#made.toReversed()) await namespace.close();
  }

  get #router(): NetworkNamespace {
    if (!this.#control) throw new Error('the control plane comes first');
    return this.#control.namespace;
  }

  async #make(label: string): Promise<NetworkNamespace> {
    const namespace = await createNamespace(label);
    this.#made.push(namespace);
    return namespace;
  }

  async #connectToRouter(label: string, { v4, v6 }: Addresses): Promise<NetworkNamespace> {
    const namespace = await this.#make(label);
    const routerEnd = [`${v4.replace(/1$/, '254')}/24`, `${v6.replace(/1$/, 'fe')}/64`];
    await connect(
      { namespace, device: 'eth0', addresses: [`${v4}/24`, `${v6}/64`] },
      { namespace: this.#router, device: label, addresses: routerEnd },
    );
    await namespace.disableOffloads('eth0');
    await this.#router.disableOffloads(label);
    return namespace;
  }
}

function masquerading({ v4, v6 }: Addresses): string {
  return `table inet network-plugin {
    chain postrouting {
      type nat hook postrouting priority srcnat + 1
      ip saddr ${v4} ip daddr != ${podRanges[0]} masquerade
      ip6 saddr ${v6} ip6 daddr != ${podRanges[1]} masquerade
    }
  }`;
}
