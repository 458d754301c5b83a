import { describe, expect, it } from 'vitest';
import { NodeAddresses } from '../../src/exporter/node-addresses.ts';
import { type FlowRecord, FlowType, parseAddress } from '../../src/flow/index.ts';
import { StoreUnderTest } from '../support/store-under-test.ts';

const counters = [10, 1_000, 8, 900] as const;

/** A node whose addresses come and go, and a connection between two addresses. */
class Node {
  readonly test = new StoreUnderTest({ clusterNetworks: [] });
  readonly #addresses = new NodeAddresses(this.test.store.table, this.test.network);
  readonly #family: 4 | 6;

  constructor(family: 4 | 6) {
    this.#family = family;
  }

  has(...hosts: number[]): void {
    this.test.clock.advance(1_000);
    this.#addresses.take(
      hosts.map((host) => parseAddress(this.address(host))!),
      this.test.clock.monotonic(),
    );
    this.test.clock.advance(1_000);
  }

  address = (host: number) => (this.#family === 4 ? `192.0.2.${host}` : `2001:db8::${host}`);

  begins(): void {
    const original = {
      source: this.address(1),
      destination: this.address(2),
      sourcePort: 40_000,
      destinationPort: 80,
    };
    this.test.tell({ kind: 'new', original });
    this.test.dump({ original, counters });
  }

  record(): FlowRecord {
    return this.test.finish()[0]!;
  }
}

const ends = ({ sourceNodeName, destinationNodeName, flowType }: FlowRecord) => [
  sourceNodeName,
  destinationNodeName,
  flowType,
];

describe.each([4, 6] as const)('the addresses of a node, IPv%i', (family) => {
  const { toExternal, fromExternal, intraNode } = FlowType;

  it.each([
    ['source', 1, ['node-a', undefined, toExternal]],
    ['destination', 2, [undefined, 'node-a', fromExternal]],
  ] as const)('keep the %s of a flow here after they leave the node', (_end, host, expected) => {
    const node = new Node(family);
    node.has(host, 9);
    node.begins();
    node.has(9);
    node.has(9);
    expect(ends(node.record())).toEqual(expected);
  });

  it.each([
    ['source', 1, 2, [undefined, 'node-a', fromExternal]],
    ['destination', 2, 1, ['node-a', undefined, toExternal]],
  ] as const)('keep the %s of a flow elsewhere after they move to the node', (_end, host, own, expected) => {
    const node = new Node(family);
    node.has(own);
    node.begins();
    node.has(own);
    node.has(own, host);
    expect(ends(node.record())).toEqual(expected);
  });

  it('stay the same in every record of a flow after its first', () => {
    const node = new Node(family);
    node.has(1);
    node.begins();
    node.test.clock.advance(60_000);
    expect(node.test.records().map(ends)).toEqual([['node-a', undefined, toExternal]]);
    node.has(2);
    expect(ends(node.record())).toEqual(['node-a', undefined, toExternal]);
  });

  it('belong to the node if they changed between two readings and the flow began between these', () => {
    const node = new Node(family);
    node.has(1);
    node.begins();
    node.has(2);
    expect(ends(node.record())).toEqual(['node-a', 'node-a', intraNode]);
  });

  it('are the current ones for a flow that begins after the change', () => {
    const node = new Node(family);
    node.has(1);
    node.has(2);
    node.begins();
    expect(ends(node.record())).toEqual([undefined, 'node-a', fromExternal]);
  });
});
