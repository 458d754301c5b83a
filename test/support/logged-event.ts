import type { ClusterEvent } from '../../src/flow/index.ts';
import { EventLog, type FlowLogOptions } from '../../src/logs/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';

/** A container that was killed for lack of memory, just now. */
export const killedContainer = (more: Partial<ClusterEvent> = {}): ClusterEvent => ({
  timeMs: Date.now(),
  identity: 'uid-1 OOMKilled app',
  reason: 'OOMKilled',
  type: 'Warning',
  objectKind: 'Pod',
  objectName: 'cart-0',
  names: {
    sourcePodNamespace: 'shop',
    sourcePodName: 'cart-0',
    sourceNodeName: 'node-a',
    sourceWorkloadKind: 'StatefulSet',
    sourceWorkloadName: 'cart',
    clusterId: 'blue',
  },
  message: 'container app ended with exit code 137',
  facts: { container: 'app', exitCode: 137 },
  ...more,
});

/** Of a cluster: a container is killed in each of two namespaces, a Node is lost, a container starts. */
export function eventsOf(clusterId: string): ClusterEvent[] {
  const killed = ['shop', 'bank'].map((sourcePodNamespace) =>
    killedContainer({ identity: sourcePodNamespace, names: { sourcePodNamespace, clusterId } }),
  );
  const node = {
    reason: 'NodeNotReady',
    objectKind: 'Node',
    objectName: 'node-a',
    message: 'Gone.',
    names: { sourceNodeName: 'node-a', clusterId },
  };
  const started = { reason: 'Started', identity: 'started', names: { clusterId } };
  return [...killed, killedContainer(node), killedContainer(started)];
}

/** Stores events in a log server, as an aggregator does. Throws if the server does not take them. */
export async function logEvents(events: readonly ClusterEvent[], options: FlowLogOptions): Promise<void> {
  const ledger = new Ledger();
  const log = new Log(systemClock, () => {});
  const eventLog = new EventLog('test', options, { clock: systemClock, ledger, log });
  await eventLog.start();
  for (const event of events) eventLog.write(event);
  await eventLog.stop(60_000);
  const { sent } = ledger.toJSON()[0]!;
  if (sent !== events.length) throw new Error(`${sent} of ${events.length} events were stored`);
}
