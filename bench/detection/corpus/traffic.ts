import type { Random } from './random.ts';
import { corpusMinutes } from './timeline.ts';
import { bothNodesReport, type Edge } from './world.ts';

/** The counts of an edge from one scrape to the next, by minute. */
export interface Traffic {
  readonly octets: Float64Array;
  readonly reverseOctets: Float64Array;
  readonly packets: Float64Array;
  readonly reversePackets: Float64Array;
  readonly flows: Float64Array;
  readonly deniedFlows: Float64Array;
  readonly deniedPackets: Float64Array;
  readonly unansweredFlows: Float64Array;
  readonly resetFlows: Float64Array;
  /** Packets to the destination, as each of two reporting nodes counts them. */
  readonly sentPackets: Float64Array;
  readonly receivedPackets: Float64Array;
}

/** `recorded`: by minute, 1 while the aggregator takes records. */
export function countTraffic(edge: Edge, recorded: Uint8Array, random: Random): Traffic {
  const makeColumn = () => new Float64Array(corpusMinutes);
  const traffic: Traffic = {
    octets: makeColumn(),
    reverseOctets: makeColumn(),
    packets: makeColumn(),
    reversePackets: makeColumn(),
    flows: makeColumn(),
    deniedFlows: makeColumn(),
    deniedPackets: makeColumn(),
    unansweredFlows: makeColumn(),
    resetFlows: makeColumn(),
    sentPackets: makeColumn(),
    receivedPackets: makeColumn(),
  };
  const bothReport = shareOf(edge, bothNodesReport);
  const flowsPerMinute = (60 * edge.octetsPerSecond) / edge.octetsPerFlow;
  let underWay = 0;
  for (let minute = 0; minute < corpusMinutes; minute++) {
    if (!recorded[minute]) continue;
    const seen = seenOf(edge, minute);
    const flows = random.poisson(flowsPerMinute * edge.level[minute]! * seen);
    const denied = random.poisson(60 * edge.deniedFlowsPerSecond[minute]! * seen);
    let octets =
      flows * edge.octetsPerFlow * random.factor(edge.flowVariation / Math.sqrt(Math.max(1, flows)));
    let reverse = octets * edge.replyRatio * random.factor(0.05);
    const most = 60 * edge.ceiling[minute]! * seen * random.factor(0.01);
    if (octets + reverse > most) {
      reverse *= most / (octets + reverse);
      octets = most - reverse;
    }
    const packets = Math.max(2 * flows, Math.round(octets / edge.octetsPerPacket));
    traffic.flows[minute] = flows + denied;
    traffic.octets[minute] = Math.round(octets) + denied * 60;
    traffic.reverseOctets[minute] = Math.round(reverse);
    traffic.packets[minute] = packets + denied;
    traffic.reversePackets[minute] = Math.max(2 * flows, Math.round(reverse / edge.octetsPerPacket));
    traffic.deniedFlows[minute] = denied;
    traffic.deniedPackets[minute] = denied * 2;
    traffic.unansweredFlows[minute] = Math.min(flows, random.poisson(flows * edge.unansweredShare[minute]!));
    traffic.resetFlows[minute] = Math.min(flows, random.poisson(flows * edge.resetShare[minute]!));
    // the receiving node reports a few seconds later or earlier than the sending one
    const sent = Math.round(packets * bothReport(minute));
    const later = Math.round(sent * random.uniform(0, 0.12));
    const lossShare = edge.lossShare[minute]! + lossOnPaths(edge, minute);
    const arrived = sent - Math.min(sent, random.poisson(sent * lossShare));
    traffic.sentPackets[minute] = sent;
    traffic.receivedPackets[minute] = Math.max(0, arrived - later) + underWay;
    underWay = Math.min(arrived, later);
  }
  return traffic;
}

/** The share of an edge's traffic that exists and is reported. */
export function seenOf(edge: Edge, minute: number): number {
  return edge.paths.reduce((sum, { share, seen }) => sum + share * seen[minute]!, 0);
}

/** The share of packets, reported by both nodes, that paths lose. */
function lossOnPaths({ paths }: Edge, minute: number): number {
  let [all, lost] = [0, 0];
  for (const path of paths) {
    if (!bothNodesReport(path)) continue;
    all += path.share * path.seen[minute]!;
    lost += path.share * path.seen[minute]! * path.lossShare[minute]!;
  }
  return all === 0 ? 0 : lost / all;
}

function shareOf(edge: Edge, counts: (path: Edge['paths'][number]) => boolean): (minute: number) => number {
  const paths = edge.paths.filter(counts);
  return (minute) => {
    const all = seenOf(edge, minute);
    const those = paths.reduce((sum, { share, seen }) => sum + share * seen[minute]!, 0);
    return all === 0 ? 0 : Math.min(1, those / all);
  };
}
