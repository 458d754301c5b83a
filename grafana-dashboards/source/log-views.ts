import * as logql from './logql.ts';
import * as logsql from './logsql.ts';

/** A query of the lines of flows, in the language of each server. */
export interface LogQuery {
  /** For Loki. */
  readonly logql: string;
  /** For VictoriaLogs. */
  readonly logsql: string;
}

/** A selection of lines for a dashboard. */
export interface LogView extends LogQuery {
  /** As in titles: 'denied lines'. */
  readonly thing: string;
}

export const chosenFlows: LogView = {
  thing: 'lines',
  logql: `${logql.selectorOf('flowType=~"$flowtype"', 'verdict=~"$verdict"')} |~ \`(?i)$line\` ${logql.eitherWorkload}`,
  logsql: `${logsql.streamsOf(logsql.streamField('flowType', 'flowtype'), logsql.streamField('verdict', 'verdict'))} ${logsql.inLine('line')} ${logsql.eitherWorkload}`,
};

export const deniedFlows: LogView = {
  thing: 'denied lines',
  logql: `${logql.selectorOf('verdict=~"Drop|Reject"')} ${logql.eitherWorkload}`,
  logsql: `${logsql.streamsOf('verdict=~"Drop|Reject"')} ${logsql.eitherWorkload}`,
};

export const decidedFlows: LogView = {
  thing: 'lines on which a policy decided',
  logql: `${logql.selectorOf('verdict=~".+"')} | ingressNetworkPolicyName=~"$policy" or egressNetworkPolicyName=~"$policy" | sourcePodNamespace=~"$namespace" or destinationPodNamespace=~"$namespace"`,
  logsql: `${logsql.streamsOf('verdict=~".+"')} (${logsql.matchesVariable('ingressNetworkPolicyName', 'policy')} or ${logsql.matchesVariable('egressNetworkPolicyName', 'policy')}) (${logsql.namespaceOf('source')} or ${logsql.namespaceOf('destination')})`,
};

export const insideFlows: LogView = {
  thing: 'lines between workloads',
  logql: `${logql.selectorOf('flowType=~"IntraNode|InterNode"')} ${logql.eitherWorkload}`,
  logsql: `${logsql.streamsOf('flowType=~"IntraNode|InterNode"')} ${logsql.eitherWorkload}`,
};

export const serviceFlows: LogView = {
  thing: 'lines to Services',
  logql: `${logql.selectorOf()} | destinationServicePortName!="" ${logql.eitherWorkload}`,
  logsql: `${logsql.streamsOf()} destinationServicePortName:!"" ${logsql.eitherWorkload}`,
};

const outside = 'flowType=~"ToExternal|FromExternal"';

export const outsideFlows: LogView = {
  thing: 'lines to and from outside',
  logql: `${logql.selectorOf(outside)} | (${logql.namespaceOf('source')} and ${logql.isWorkload('source', '$workload')}) or (${logql.namespaceOf('destination')} and ${logql.isWorkload('destination', '$workload')})`,
  logsql: `${logsql.streamsOf(outside)} ((${logsql.namespaceOf('source')} ${logsql.isWorkload('source', 'workload')}) or (${logsql.namespaceOf('destination')} ${logsql.isWorkload('destination', 'workload')}))`,
};

/** Lines of a node, a namespace or a workload that an alert names. */
export const alertedFlows: LogView = {
  thing: 'lines behind an alert',
  logql: `${logql.selectorOf()} | sourceNodeName=~"$node" or destinationNodeName=~"$node" ${logql.eitherWorkload}`,
  logsql: `${logsql.streamsOf()} (${logsql.matchesVariable('sourceNodeName', 'node')} or ${logsql.matchesVariable('destinationNodeName', 'node')}) ${logsql.eitherWorkload}`,
};
