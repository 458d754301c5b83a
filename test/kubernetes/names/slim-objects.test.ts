import { describe, expect, it } from 'vitest';
import { slimController } from '../../../src/kubernetes/names/controller-object.ts';
import { slimEndpointSlice } from '../../../src/kubernetes/names/endpoint-slice-object.ts';
import { slimNamespace } from '../../../src/kubernetes/names/kube-system.ts';
import { labelsOfControllers, labelsText } from '../../../src/kubernetes/names/labels-text.ts';
import { NamePool } from '../../../src/kubernetes/names/name-pool.ts';
import { slimNode } from '../../../src/kubernetes/names/node-object.ts';
import { slimPod } from '../../../src/kubernetes/names/pod-object.ts';
import { slimService } from '../../../src/kubernetes/names/service-object.ts';
import { BEGUN, madePod, madeService, madeSlice } from './made-objects.ts';

const slimming = { pool: new NamePool(), labels: true, labelsLeftOut: new Set<string>(labelsOfControllers) };
const slims = {
  slimPod: (object: unknown) => slimPod(object, slimming),
  slimNode,
  slimService,
  slimEndpointSlice,
  slimController,
  slimNamespace,
};

describe('an object of the API server', () => {
  const metadata = { uid: 'u', name: 'n', namespace: 's', labels: { 'kubernetes.io/service-name': 'n' } };
  const strange = [
    null,
    3,
    'x',
    [],
    {},
    { metadata: null },
    { metadata: [] },
    { metadata: { uid: 7, name: {} } },
  ];

  it.each(Object.entries(slims))('that is none is nothing to %s', (_name, slim) => {
    for (const object of strange) expect(slim(object)).toBeUndefined();
  });

  it.each(Object.entries(slims))('with values of other kinds harms %s in no way', (_name, slim) => {
    for (const value of strange) {
      const fields = Object.fromEntries(
        [
          'podIPs',
          'podIP',
          'conditions',
          'containerStatuses',
          'addresses',
          'loadBalancer',
          'podCIDRs',
          'clusterIPs',
          'ports',
          'nodeName',
          'startTime',
        ].map((key) => [key, value]),
      );
      const listed = { ...fields, podIPs: [value], conditions: [value], addresses: [value], ports: [value] };
      for (const each of [fields, listed]) {
        slim({
          metadata: { ...metadata, ownerReferences: value, annotations: value },
          spec: each,
          status: each,
          ...each,
        });
        slim({ metadata: { ...metadata, ownerReferences: [value] }, spec: value, status: value });
      }
    }
  });

  it('with a text that is longer than names may be lacks it', () => {
    const long = 'x'.repeat(254);
    expect(slims.slimPod(madePod({ name: long }))).toBeUndefined();
    expect(slims.slimPod(madePod({ node: long }))!.node.text).toBe('');
    expect(slimService(madeService({ ports: [{ name: long, port: 80 }] }))!.ports[0]!.name).toBe('');
  });

  it('with more entries than there can be gives some', () => {
    const addresses = Array.from({ length: 1_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
    expect(slims.slimPod(madePod({ addresses }))!.addresses).toHaveLength(8);
    expect(slimService(madeService({ externalIPs: addresses }))!.addresses.length).toBeLessThan(200);
    const endpoints = Array.from({ length: 5_000 }, (_, i) => ({ podUid: `${i}` }));
    expect(slimEndpointSlice(madeSlice({ endpoints }))!.podUids).toHaveLength(1_000);
  });
});

describe('the begin of a Pod', () => {
  const startOf = (pod: Parameters<typeof madePod>[0]) => slims.slimPod(madePod(pod))!.startMs - BEGUN;

  it('is when its network was ready, else when the kubelet took it, else its creation', () => {
    const times = { networkReadyMs: BEGUN + 3_000, startedMs: BEGUN + 2_000, createdMs: BEGUN + 1_000 };
    const { networkReadyMs: _, ...without } = times;
    expect(startOf(times)).toBe(3_000);
    expect(startOf(without)).toBe(2_000);
    expect(startOf({ createdMs: times.createdMs })).toBe(1_000);
  });
});

describe('labels', () => {
  it('are a JSON object in the order of keys, without those of controllers', () => {
    const labels = { b: '"quoted"', a: '1', 'pod-template-hash': '6d4c', 'controller-revision-hash': 'x' };
    expect(labelsText(labels, slimming.labelsLeftOut)).toBe('{"a":"1","b":"\\"quoted\\""}');
    expect(labelsText({ 'pod-template-hash': '6d4c' }, slimming.labelsLeftOut)).toBe('');
  });

  it('stay within the bound of a name, and are whole JSON even then', () => {
    const many = Object.fromEntries(
      Array.from({ length: 200 }, (_, i) => [`key-${1_000 + i}`, 'ü'.repeat(30)]),
    );
    const text = labelsText(many, new Set());
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4_096);
    expect(Object.keys(JSON.parse(text)).length).toBeGreaterThan(40);
  });

  it('of many Pods that are alike are one text', () => {
    const [one, other] = ['a', 'b'].map((name) => slims.slimPod(madePod({ name, labels: { app: 'web' } }))!);
    expect(one!.labels).toBe(other!.labels);
    expect(one!.node).toBe(other!.node);
  });
});
