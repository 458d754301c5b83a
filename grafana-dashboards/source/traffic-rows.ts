import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Quantity } from '../../src/metrics/index.ts';
import type { Row } from './dashboard.ts';
import { graphPanel, listPanel, numberPanel, picturePanel } from './panels.ts';
import { units } from './signal.ts';
import * as flows from './signals/flows.ts';
import type { View } from './view.ts';

/* What the pages of groupings share. Each page names its view, and its differences. */

type Measures = readonly [Quantity, ...Quantity[]];

export function throughputNow(view: View, width: number, whose: string): Panel {
  const description = `Bits of IP packets per second, of all ${whose} that are chosen above.`;
  return numberPanel(flows.totalSignal(view, 'bytes', 'Throughput', units.bitsPerSecond, description), width);
}

export function volumePanel(view: View, width: number): Panel {
  return numberPanel(
    flows.amountSignal(view, 'bytes', 'Volume', units.bytes, 'Octets of IP packets.'),
    width,
  );
}

export function flowsBegun(view: View, width: number, description = 'Connections opened per second.'): Panel {
  return numberPanel(
    flows.totalSignal(view, 'flows', 'Flows begun', units.flowsPerSecond, description),
    width,
  );
}

export function deniedTotal(
  view: View,
  width: number,
  description = 'Flows that a policy or firewall rule dropped or rejected.',
): Panel {
  return numberPanel(
    flows.amountSignal(view, 'denied_flows', 'Denied flows', units.count, description),
    width,
  );
}

export function unansweredTotal(view: View, width: number): Panel {
  const description = 'Flows that ended without a reply packet and that no policy denied.';
  return numberPanel(
    flows.amountSignal(view, 'unanswered_flows', 'Unanswered flows', units.count, description),
    width,
  );
}

/** The pairs as a picture, and beside it their numbers. */
export function pairsRow(
  view: View,
  { title, measures, listWidth }: { title: string; measures: Measures; listWidth: number },
): Panel[] {
  return [
    picturePanel(flows.mapGraph(view, title), 24 - listWidth),
    listPanel(flows.biggestListing(view, measures, 'Biggest pairs'), listWidth),
  ];
}

/** A grouping that is off by default: its throughput, and its biggest lines. Folded, as few users have it. */
export function optionalGrouping(
  view: View,
  { title, measures, listTitle }: { title: string; measures: Measures; listTitle: string },
): Row {
  return {
    title: `${title} (needs the grouping "${view.grouping}")`,
    isFolded: true,
    panels: [
      graphPanel(flows.throughputSignal(view), 12, { isStacked: true }),
      listPanel(flows.biggestListing(view, measures, listTitle), 12, 8),
    ],
  };
}
