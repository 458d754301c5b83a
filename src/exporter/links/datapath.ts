import type { LinkState } from './link-state.ts';

/** A datapath that can forward by eBPF: below IP, where connection tracking sees nothing. */
export interface Datapath {
  readonly name: string;
  /** What makes its packets visible. */
  readonly remedy: string;
}

const cilium: Datapath = {
  name: 'Cilium',
  remedy:
    'Set bpf.hostLegacyRouting=true in Cilium, so that packets pass through the host, or take the flows from Hubble.',
};
const calico: Datapath = {
  name: 'Calico in eBPF mode',
  remedy: 'Set linuxDataplane to Nftables or Iptables in Calico, or take the flows from Goldmane.',
};

/** Recognises a datapath by the names that it gives to links, and by the kind of links it makes. */
export function ebpfDatapathOf(links: readonly Pick<LinkState, 'name' | 'kind'>[]): Datapath | undefined {
  for (const { name, kind } of links) {
    if (name === 'bpfin.cali' || name === 'bpfout.cali') return calico;
    if (name === 'cilium_host' || kind === 'netkit') return cilium;
  }
  return undefined;
}
