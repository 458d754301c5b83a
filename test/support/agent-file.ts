import type { TwoNodes } from './topology.ts';

/** Keys that a test adds to the two sections of the file, or changes. */
export interface AgentFileKeys {
  readonly flowExporter?: object;
  readonly weir?: object;
}

/** The agent's file at one of two nodes. It tracks connections and exports each second over TCP. */
export function agentFile(
  { aggregatorAddress }: TwoNodes,
  site: 'a' | 'b',
  { flowExporter = {}, weir = {} }: AgentFileKeys = {},
): object {
  return {
    flowExporter: {
      flowCollectorAddr: `${aggregatorAddress.v4}:4739:tcp`,
      flowPollInterval: '1s',
      activeFlowExportTimeout: '1s',
      idleFlowExportTimeout: '15s',
      ...flowExporter,
    },
    weir: {
      nodeName: `node-${site}`,
      track: true,
      nodeNetworks: site === 'a' ? ['10.10.1.0/24', 'fd10:1::/64'] : ['10.10.2.0/24', 'fd10:2::/64'],
      clusterNetworks: ['10.10.0.0/16', 'fd10::/16'],
      ...weir,
    },
  };
}
