import { expect, it } from 'vitest';
import { ebpfDatapathOf } from '../../../src/exporter/links/index.ts';

const nameOf = (...names: string[]) => ebpfDatapathOf(names.map((name) => ({ name, kind: 'veth' })))?.name;

it('knows Cilium by its host link, or by links of the kind netkit', () => {
  expect(nameOf('eth0', 'cilium_host')).toBe('Cilium');
  expect(ebpfDatapathOf([{ name: 'lxc1', kind: 'netkit' }])?.name).toBe('Cilium');
});

it("knows Calico's eBPF mode by its pair of links", () => {
  expect(nameOf('eth0', 'bpfin.cali')).toBe('Calico in eBPF mode');
});

it('finds none among the links of datapaths that pass IP', () => {
  expect(
    nameOf('eth0', 'cali1234', 'flannel.1', 'ovn-k8s-mp0', 'antrea-gw0', 'azv1', 'eni1'),
  ).toBeUndefined();
});
