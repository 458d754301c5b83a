import { describe, expect, it } from 'vitest';
import { NamespaceScope } from '../../../src/api/index.ts';
import {
  batchOf,
  conditionOfWords,
  dimensionKeys,
  dimensionNames,
  dimensionText,
  type FilterWords,
  type FlowCondition,
  FlowFilter,
  type FlowRecord,
  FlowType,
  fieldNames,
  fieldOf,
  identityFields,
  noCondition,
  parseCondition,
  printCondition,
  rowsIn,
} from '../../../src/flow/index.ts';

/** The rights of somebody, as texts: "shop" to read, "shop/identity" to identify, "*" for all. */
const rightsOf = (...granted: readonly string[]) => ({
  asked: [] as string[],
  async mayRead(namespace = '*') {
    this.asked.push(namespace);
    return granted.includes(namespace);
  },
  async mayIdentify(namespace = '*') {
    this.asked.push(`${namespace}/identity`);
    return granted.includes(`${namespace}/identity`);
  },
});

const client: FlowRecord = {
  sourceIP: '10.0.0.1',
  sourcePodNamespace: 'shop',
  sourcePodName: 'cart',
  sourceNodeName: 'node-a',
  sourcePodLabels: '{"app":"cart"}',
  egressNetworkPolicyNamespace: 'shop',
  egressNetworkPolicyName: 'out',
};
const server = {
  destinationIP: '10.0.1.2',
  destinationPodNamespace: 'bank',
  destinationPodName: 'ledger',
  destinationNodeName: 'node-b',
  destinationServiceIP: '10.96.0.7',
  destinationServicePort: 443,
  destinationServicePortName: 'bank/ledger:https',
  ingressNetworkPolicyName: 'in',
} satisfies FlowRecord;
const shared: FlowRecord = {
  flowType: FlowType.interNode,
  protocolIdentifier: 6,
  sourceTransportPort: 40_000,
  destinationTransportPort: 8443,
  octetTotalCount: 1_000,
  ingressNetworkPolicyRuleAction: 1,
};
const flow = { ...shared, ...client, ...server };

/** What a reader with rights sees of flows. */
async function seen(granted: readonly string[], ...records: readonly FlowRecord[]): Promise<FlowRecord[]> {
  const view = await new NamespaceScope(rightsOf(...granted), 'somebody').view(batchOf(records));
  const mayRead = rowsIn(view, new FlowFilter(noCondition));
  return [...view.batch].filter((_, row) => mayRead(row));
}

/** The record without its absent fields. */
const told = (record: FlowRecord): FlowRecord => batchOf([record]).at(0);

describe('the flows of somebody who may read a namespace', () => {
  it('are those with an end in it, without who the other end is', async () => {
    const { destinationServicePort } = server;
    expect(await seen(['shop'], flow)).toEqual([told({ ...shared, ...client, destinationServicePort })]);
    expect(await seen(['bank'], flow)).toEqual([told({ ...shared, ...server })]);
    expect(await seen(['else'], flow)).toEqual([]);
    expect(await seen([], flow)).toEqual([]);
  });

  it('show the other end to somebody who may read or identify it', async () => {
    expect(await seen(['shop', 'bank'], flow)).toEqual([told(flow)]);
    expect(await seen(['shop', 'bank/identity'], flow)).toEqual([told(flow)]);
    expect(await seen(['shop', '*/identity'], flow)).toEqual([told(flow)]);
    expect(await seen(['bank/identity'], flow)).toEqual([]);
    expect(await seen(['*/identity'], flow)).toEqual([]);
  });

  it('show an end outside the cluster', async () => {
    const out = { ...client, flowType: FlowType.toExternal, destinationIP: '198.51.100.7' };
    const back = {
      flowType: FlowType.fromExternal,
      sourceIP: '198.51.100.7',
      destinationIP: '10.0.1.2',
      destinationPodNamespace: 'bank',
      destinationPodName: 'ledger',
    };
    expect(await seen(['shop'], out)).toEqual([told(out)]);
    expect(await seen(['bank'], back)).toEqual([told(back)]);
  });

  it('show an outside client that another node let in, without that node', async () => {
    const entry = { sourceNodeName: 'node-a', proxySnatIP: '192.0.2.1' };
    const client = {
      flowType: FlowType.fromExternal,
      sourceIP: '198.51.100.7',
      sourceRangeName: 'office',
      destinationIP: '10.0.1.2',
      destinationPodNamespace: 'bank',
      destinationPodName: 'ledger',
      destinationNodeName: 'node-b',
    };
    expect(await seen(['bank'], { ...client, ...entry })).toEqual([told(client)]);
    expect(await seen(['bank', '*/identity'], { ...client, ...entry })).toEqual([
      told({ ...client, ...entry }),
    ]);
    const { sourceIP: _, sourceRangeName: __, ...rest } = client;
    const { sourceNodeName } = entry;
    expect(await seen(['bank'], { ...client, sourceNodeName })).toEqual([told(rest)]);
    expect(await seen(['bank'], { ...client, ...entry, sourceZone: 'zone-a' })).toEqual([told(rest)]);
    expect(await seen(['bank'], { ...client, ...entry, sourcePodNamespace: 'shop' })).toEqual([told(rest)]);
  });

  it('hide an end without a name that may be inside the cluster, and a node', async () => {
    const unnamed = { ...client, flowType: FlowType.interNode, destinationIP: '10.0.1.2' };
    const { destinationIP: _, ...rest } = unnamed;
    expect(await seen(['shop'], unnamed)).toEqual([told(rest)]);
    const node = { ...unnamed, flowType: FlowType.toExternal, destinationNodeName: 'node-b' };
    expect(await seen(['shop'], node)).toEqual([told({ ...client, flowType: FlowType.toExternal })]);
    expect(await seen(['shop'], { ...unnamed, flowType: FlowType.unspecified })).toEqual([told(client)]);
  });

  it('include those to a Service without endpoints', async () => {
    const refused = {
      ...client,
      destinationIP: '10.96.0.7',
      destinationServicePortName: 'bank/ledger:https',
    };
    expect(await seen(['bank'], refused)).toEqual([
      { destinationIP: '10.96.0.7', destinationServicePortName: 'bank/ledger:https' },
    ]);
  });

  it('hide a Service of another namespace in front of an own Pod', async () => {
    const through = { ...server, destinationServicePortName: 'edge/gateway:https' };
    const [record] = await seen(['bank'], through);
    expect(record).toMatchObject({ destinationPodName: 'ledger' });
    expect(record).not.toHaveProperty('destinationServicePortName');
    expect(record).not.toHaveProperty('destinationServiceIP');
  });

  it('pass a filter by what may be seen alone', async () => {
    const view = await new NamespaceScope(rightsOf('shop'), 'somebody').view(batchOf([flow]));
    const passes = (words: FilterWords) => rowsIn(view, new FlowFilter(conditionOfWords(words)))(0);
    expect(passes({ src: ['shop/cart'] })).toBe(true);
    for (const hidden of ['10.0.1.2', '10.96.0.7', 'bank/ledger', 'svc:bank/ledger']) {
      expect(passes({ dst: [hidden] }), hidden).toBe(false);
      expect(passes({ peer: [`!${hidden}`] }), hidden).toBe(true);
    }
    expect(passes({ namespace: ['bank'] })).toBe(false);
    expect(passes({ node: ['node-b'] })).toBe(false);
    expect(passes({ policy: ['in'] })).toBe(false);
  });

  it('pass a test of any dimension by what may be seen alone', async () => {
    const view = await new NamespaceScope(rightsOf('shop'), 'somebody').view(batchOf([flow]));
    const seenAlone = batchOf([view.batch.at(0)]);
    for (const name of dimensionNames) {
      const keyOf = dimensionKeys(name, batchOf([flow]));
      const values = [dimensionText(name, keyOf(0)) ?? '', ''];
      const tests: FlowCondition[] = [
        ...values.map((value) => ({ word: name, values: [value] })),
        { exists: name },
      ];
      for (const test of tests) {
        const filter = new FlowFilter(test);
        expect(rowsIn(view, filter)(0), printCondition(test)).toBe(filter.bind(seenAlone)(0));
      }
    }
    const isHidden = (text: string) => !rowsIn(view, new FlowFilter(parseCondition(text)))(0);
    expect(isHidden('destinationPod=bank/ledger')).toBe(true);
    expect(isHidden('destinationWorkload exists or destination exists or service exists')).toBe(true);
    expect(isHidden('sourcePod=shop/cart')).toBe(false);
  });
});

describe('a batch', () => {
  it('that somebody may read whole is not copied, and its rows are not looked at', async () => {
    const batch = batchOf([flow]);
    const rights = rightsOf('*');
    expect(await new NamespaceScope(rights, 'somebody').view(batch)).toEqual({ batch, mayRead: undefined });
    expect((await new NamespaceScope(rights, 'somebody').view(batch)).batch).toBe(batch);
    expect(rights.asked).toEqual(['*', '*']);
  });

  it('with nothing to read or nothing to hide is not copied', async () => {
    const batch = batchOf([flow]);
    for (const granted of [[], ['shop', 'bank'], ['shop', '*/identity']]) {
      expect((await new NamespaceScope(rightsOf(...granted), 'somebody').view(batch)).batch).toBe(batch);
    }
  });

  it('stays as it is for others when it is reduced for somebody', async () => {
    const batch = batchOf([flow]);
    const view = await new NamespaceScope(rightsOf('shop'), 'somebody').view(batch);
    expect(view.batch).not.toBe(batch);
    expect(batch.at(0)).toEqual(told(flow));
  });

  it('asks once for each namespace, and for identities only where flows may be read', async () => {
    const rights = rightsOf('shop');
    await new NamespaceScope(rights, 'somebody').view(batchOf([flow, flow, { sourcePodNamespace: 'dev' }]));
    expect(rights.asked.toSorted()).toEqual(
      ['*', 'shop', 'bank', 'dev', '*/identity', 'bank/identity'].toSorted(),
    );
  });
});

describe('the table of fields', () => {
  /** Texts and addresses that belong to no end of a flow. */
  const ofNoEnd =
    /^(tcpState|clusterId|namedByAggregator|partialCounters|originalExporterIP|(in|e)gress(Interface|VRF)Name)$/;

  it('has the exporter of a forwarded record only where both ends may be known', async () => {
    const forwarded = { ...flow, originalExporterIP: '192.0.2.1', originalObservationDomainId: 7 };
    const seen = async (...granted: string[]) =>
      (await new NamespaceScope(rightsOf(...granted), 'somebody').view(batchOf([forwarded]))).batch.at(0);
    expect(await seen('shop', 'bank')).toMatchObject({ originalExporterIP: '192.0.2.1' });
    const reduced = await seen('shop');
    expect(reduced.originalExporterIP ?? reduced.originalObservationDomainId).toBeUndefined();
  });

  it('names an end for each text and each address', () => {
    const owned = Object.values(identityFields).flat();
    const open = fieldNames.filter(
      (name) => ['address', 'string'].includes(fieldOf(name).storage) && !owned.includes(name),
    );
    expect(open.filter((name) => !ofNoEnd.test(name))).toEqual([]);
    expect(new Set(owned).size).toBe(owned.length);
  });
});
