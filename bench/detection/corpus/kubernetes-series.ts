import type { Reach } from '../engine/evaluation.ts';
import type { SeriesSlice } from '../engine/remote-write.ts';
import { constantColumn, makeShow } from './process-series.ts';
import type { Scrapes } from './scrape.ts';
import type { Kubernetes, World } from './world.ts';

/** kube-state-metrics's series of the cluster's Deployments, Services and nodes. */
export function* kubernetesSeries(
  world: World,
  { replicas, updatedReplicas }: Kubernetes,
  scrapes: Scrapes,
  reach: Reach,
): Generator<SeriesSlice> {
  const show = makeShow(scrapes, reach);
  for (const workload of world.workloads) {
    const { namespace, name } = workload;
    const deployment = { namespace, deployment: name };
    yield* show('kube_deployment_spec_replicas', deployment, replicas.get(workload)!);
    yield* show('kube_deployment_status_replicas_updated', deployment, updatedReplicas.get(workload)!);
    yield* show('kube_service_info', { namespace, service: name }, constantColumn(1));
  }
  for (const { name, address } of world.nodes) {
    yield* show('kube_node_info', { node: name, internal_ip: address }, constantColumn(1));
    yield* show('kube_node_spec_unschedulable', { node: name }, constantColumn(0));
  }
}
