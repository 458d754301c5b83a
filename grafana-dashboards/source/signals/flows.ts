import type { Quantity } from '../../../src/metrics/index.ts';
import {
  allOverRange,
  allPerSecond,
  changeOf,
  edgesOverRange,
  lossOverRange,
  lossPerSecond,
  overRange,
  perSecond,
  restPerSecond,
  topOverRange,
  topPerSecond,
} from '../promql.ts';
import { type Column, type Graph, type Listing, others, type Signal, type Unit, units } from '../signal.ts';
import type { View } from '../view.ts';

/*
 * The flows of a view: the same signals for each grouping. Bytes are octets of IP packets, as the kernel
 * counted them. In pairs they go from the first to the second, whoever opened the connection.
 */

const TOP = 10;
const LISTED = 25;
const MAPPED = 40;

/** Groupings that are on by default. */
const alwaysOn = ['workload'];

const needsOf = (view: View) => (alwaysOn.includes(view.grouping) ? {} : { needs: view.grouping });

/** The biggest lines of a view, and all others as one. */
function topLines(view: View, measure: Quantity, factor = 1): Signal['lines'] {
  const withFactor = (promql: string) => (factor === 1 ? promql : `${factor} * (${promql})`);
  return [
    { promql: withFactor(topPerSecond(view, measure, TOP)), legend: view.legend },
    { promql: withFactor(restPerSecond(view, measure, TOP)), legend: others },
  ];
}

export function throughputSignal(view: View, title = `Throughput by ${view.thing}`): Signal {
  return {
    title,
    description: `Bits of IP packets per second. The ${TOP} biggest over the whole range, and all others as one line.`,
    unit: units.bitsPerSecond,
    lines: topLines(view, 'bytes', 8),
    ...needsOf(view),
  };
}

export function packetsSignal(view: View): Signal {
  return {
    title: `Packets by ${view.thing}`,
    description: `Packets per second. The ${TOP} biggest over the whole range, and all others as one line.`,
    unit: units.packetsPerSecond,
    lines: topLines(view, 'packets'),
    ...needsOf(view),
  };
}

export function flowsSignal(view: View): Signal {
  return {
    title: `Flows begun by ${view.thing}`,
    description: `Connections opened per second. In pairs, the first end opened them. The ${TOP} busiest, and all others as one line.`,
    unit: units.flowsPerSecond,
    lines: topLines(view, 'flows'),
    ...needsOf(view),
  };
}

export function deniedSignal(view: View): Signal {
  return {
    title: `Denied flows by ${view.thing}`,
    description:
      'Flows per second that a policy or firewall rule dropped or rejected. In pairs, the first end opened them. Needs an exporter that sees denied connections.',
    unit: units.flowsPerSecond,
    lines: topLines(view, 'denied_flows'),
    ...needsOf(view),
  };
}

export function deniedPackets(view: View): Signal {
  return {
    title: `Denied packets by ${view.thing}`,
    description: 'Packets per second of dropped or rejected flows. Retries show here first.',
    unit: units.packetsPerSecond,
    lines: topLines(view, 'denied_packets'),
    ...needsOf(view),
  };
}

export function unansweredSignal(view: View): Signal {
  return {
    title: `Unanswered flows by ${view.thing}`,
    description:
      'TCP and UDP flows per second that ended without a reply packet and that no node reported as denied. The other end is down, or a device on the way drops packets silently.',
    unit: units.flowsPerSecond,
    lines: topLines(view, 'unanswered_flows'),
    ...needsOf(view),
  };
}

export function resetsSignal(view: View): Signal {
  return {
    title: `Flows reset by ${view.thing}`,
    description: 'TCP flows per second that ended by a reset, where the exporter reports this.',
    unit: units.flowsPerSecond,
    lines: topLines(view, 'reset_flows'),
    ...needsOf(view),
  };
}

export function lossSignal(view: View): Signal {
  return {
    title: `Packets lost in transit by ${view.thing}`,
    description:
      "Share of packets that the sender's node counted and the receiver's node did not, of flows that both nodes report. " +
      'The two nodes report at different moments, so single steps may be inexact.',
    unit: units.ratio,
    lines: [{ promql: lossPerSecond(view, TOP), legend: view.legend }],
    ...needsOf(view),
  };
}

/** One number for a whole view, with its history behind it. */
export function totalSignal(
  view: View,
  measure: Quantity,
  title: string,
  unit: Unit,
  description: string,
): Signal {
  const bits = unit === units.bitsPerSecond ? '8 * ' : '';
  return {
    title,
    description,
    unit,
    lines: [{ promql: `${bits}${allPerSecond(view, measure)}`, legend: title }],
    ...needsOf(view),
  };
}

/** One number for a whole view over the whole range. */
export function amountSignal(
  view: View,
  measure: Quantity,
  title: string,
  unit: Unit,
  description: string,
): Signal {
  return {
    title,
    description: `${description} Over the whole range.`,
    unit,
    lines: [{ promql: allOverRange(view, measure), legend: title, isInstant: true }],
    ...needsOf(view),
  };
}

const headings: Readonly<Partial<Record<Quantity, readonly [string, Unit]>>> = {
  bytes: ['Bytes', units.bytes],
  packets: ['Packets', units.count],
  flows: ['Flows', units.count],
  denied_flows: ['Denied flows', units.count],
  denied_packets: ['Denied packets', units.count],
  unanswered_flows: ['No answer', units.count],
  reset_flows: ['Resets', units.count],
};

/** The biggest lines of a view by the first measure, with the other measures beside it. */
export function biggestListing(
  view: View,
  measures: readonly [Quantity, ...Quantity[]],
  title: string,
): Listing {
  const [first, ...others] = measures;
  const chosen = topOverRange(view, first, LISTED);
  const columnOf = (measure: Quantity, promql: string): Column => {
    const [heading, unit] = headings[measure] ?? [measure, units.count];
    return { heading, unit, promql, isBar: measure === first };
  };
  return {
    title,
    description: `Over the whole range, the ${LISTED} biggest by ${(headings[first]?.[0] ?? first).toLowerCase()}.`,
    labels: view.labels,
    columns: [
      columnOf(first, chosen),
      ...others.map((measure) => columnOf(measure, `${overRange(view, measure)} and ${chosen}`)),
    ],
    ...needsOf(view),
  };
}

/** The biggest growth or fall against the previous range. */
export function moversListing(view: View, measure: Quantity, way: 'grew' | 'fell'): Listing {
  const [heading, unit] = headings[measure]!;
  const sign = way === 'grew' ? '> 0' : '< 0';
  const choose = way === 'grew' ? 'topk' : 'bottomk';
  return {
    title: way === 'grew' ? `${heading}: grew most` : `${heading}: fell most`,
    description: `By ${view.thing}: this time range compared with the one just before it. New traffic grew from zero, lost traffic fell to zero.`,
    labels: view.labels,
    columns: [
      {
        heading: 'Change',
        unit,
        promql: `${choose}(${TOP}, ${changeOf(view, measure)} ${sign})`,
        isBar: way === 'grew',
      },
    ],
    isRising: way === 'fell',
    ...needsOf(view),
  };
}

export function lossListing(view: View): Listing {
  return {
    title: `Most packets lost in transit by ${view.thing}`,
    description:
      "Share of packets that the sender's node counted and the receiver's node did not, over the whole range.",
    labels: view.labels,
    columns: [{ heading: 'Lost', unit: units.ratio, promql: lossOverRange(view, LISTED), isBar: true }],
    ...needsOf(view),
  };
}

/** All lines of a view without a ranking, when they are few. */
export function eachSignal(
  view: View,
  measure: Quantity,
  title: string,
  unit: Unit,
  description: string,
): Signal {
  const bits = unit === units.bitsPerSecond ? '8 * ' : '';
  return {
    title,
    description,
    unit,
    lines: [{ promql: `${bits}${perSecond(view, measure)}`, legend: view.legend }],
    ...needsOf(view),
  };
}

export function mapGraph(view: View, title: string): Graph {
  return {
    title,
    description: `The ${MAPPED} biggest by bytes over the whole range. A circle shows received traffic, an arrow traffic from one to the other. The table contains the same numbers.`,
    promql: edgesOverRange(view, 'bytes', MAPPED),
    ...needsOf(view),
  };
}
