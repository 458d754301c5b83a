import { expect, it } from 'vitest';
import { workloadLength, workloadOfLabels } from '../../src/flow/index.ts';

it.each([
  ['a Deployment', 'web-6d4cf56db6-xk2pq', 'web'],
  ['a Deployment with a number at its end', 'web-2-6d4cf56db6-xk2pq', 'web-2'],
  ['a DaemonSet', 'node-exporter-x7x2k', 'node-exporter'],
  ['a StatefulSet', 'postgres-0', 'postgres'],
  ['a CronJob', 'backup-28391040-x7x2k', 'backup'],
  ['an indexed Job', 'render-12-x7x2k', 'render'],
  ['nobody: it has no such ending', 'my-service', 'my-service'],
  ['nobody: letters that are never random', 'my-agent-alpha', 'my-agent-alpha'],
  ['nobody: nothing would be left', '-0', '-0'],
])('the workload of a Pod created by %s follows from its name', (_, pod, workload) => {
  expect(pod.slice(0, workloadLength(pod))).toBe(workload);
});

it.each([
  ['{"app":"web","app.kubernetes.io/name":"shop"}', 'shop'],
  ['{"app":"web"}', 'web'],
  ['{"app":""}', undefined],
  ['{"tier":"front"}', undefined],
  ['["app"]', undefined],
  ['null', undefined],
  ['{', undefined],
])('labels %s name the workload %s', (labels, workload) => {
  expect(workloadOfLabels(labels)).toBe(workload);
});
