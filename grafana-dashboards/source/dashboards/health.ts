import type { Page } from '../dashboard.ts';
import { bad, upAndDown } from '../looks.ts';
import { graph, list, number, states } from '../panels.ts';
import * as alerts from '../signals/alerts.ts';
import * as weir from '../signals/weir.ts';

export const health: Page = {
  name: 'health',
  title: "Weir's own health",
  description:
    'Is everything seen, and does everything that is seen arrive? For each record that is missing somewhere there is a counter here that says where it stopped. Needs no grouping.',
  rows: [
    {
      title: 'Can the numbers be trusted',
      panels: [
        number(weir.down, 4, { thresholds: bad(1) }),
        number(weir.recordsLost, 4, { thresholds: bad(1) }),
        number(weir.booksOpen, 4, { thresholds: bad(1) }),
        number(weir.delayNow, 4, { thresholds: bad(60) }),
        number(weir.flowsHeld, 4),
        number(alerts.firing, 4, { thresholds: bad(1) }),
        states(weir.up, 12, upAndDown),
        states(weir.connected, 12, upAndDown),
      ],
    },
    {
      title: 'The way of records',
      panels: [
        list(weir.books, 12, 10),
        graph(weir.ledger, 12, { height: 10 }),
        graph(weir.dropped, 8),
        graph(weir.held, 8),
        graph(weir.events, 8),
        graph(weir.queues, 12, { max: 1 }),
        graph(weir.delay, 12),
      ],
    },
    {
      title: 'Exporters',
      panels: [
        graph(weir.silence, 8),
        graph(weir.lost, 8),
        graph(weir.decodeErrors, 8),
        graph(weir.sessions, 12),
        graph(weir.flowMemory, 12),
      ],
    },
    {
      title: 'Agents',
      panels: [
        graph(weir.conntrack, 8, { max: 1 }),
        graph(weir.connections, 8),
        graph(weir.neverSeen, 8),
        graph(weir.polls, 12),
        number(weir.reconnections, 12, { height: 8, thresholds: bad(1) }),
      ],
    },
    {
      title: 'Series',
      panels: [graph(weir.series, 8, { max: 1 }), graph(weir.folded, 8), list(weir.expired, 8, 8)],
    },
    {
      title: 'Processes',
      panels: [
        graph(weir.processor, 8),
        graph(weir.memory, 8),
        graph(weir.eventLoop, 8),
        graph(weir.descriptors, 6),
        graph(weir.readers, 6),
        graph(weir.exportTime, 6),
        list(weir.builds, 6, 8),
      ],
    },
  ],
};
