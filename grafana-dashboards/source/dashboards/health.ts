import type { Page } from '../dashboard.ts';
import { bad, upAndDown } from '../looks.ts';
import { graph, list, number, states } from '../panels.ts';
import * as agents from '../signals/agents.ts';
import * as alerts from '../signals/alerts.ts';
import * as processes from '../signals/processes.ts';
import * as records from '../signals/records.ts';

export const health: Page = {
  name: 'health',
  title: "Weir's own health",
  description:
    'Shows whether Weir sees all traffic and delivers all records. A counter shows where each missing record stopped. Needs no grouping.',
  rows: [
    {
      title: 'Can the numbers be trusted',
      panels: [
        number(processes.down, 4, { thresholds: bad(1) }),
        number(records.recordsLost, 4, { thresholds: bad(1) }),
        number(records.openAccounts, 4, { thresholds: bad(1) }),
        number(records.delayNow, 4, { thresholds: bad(60) }),
        number(records.flowsHeld, 4),
        number(alerts.firing, 4, { thresholds: bad(1) }),
        states(processes.up, 12, upAndDown),
        states(agents.connected, 12, upAndDown),
      ],
    },
    {
      title: 'Path of records',
      panels: [
        list(records.accounts, 24, 8),
        graph(records.ledger, 24),
        graph(records.dropped, 8),
        graph(records.held, 8),
        graph(records.events, 8),
        graph(records.queues, 12, { max: 1 }),
        graph(records.delay, 12),
      ],
    },
    {
      title: 'Exporters',
      panels: [
        graph(records.silence, 8),
        graph(records.lost, 8),
        graph(records.decodeErrors, 8),
        graph(records.sessions, 12),
        graph(records.flowMemory, 12),
      ],
    },
    {
      title: 'Agents',
      panels: [
        graph(agents.conntrack, 8, { max: 1 }),
        graph(agents.connections, 8),
        graph(agents.neverSeen, 8),
        graph(agents.blind, 12),
        graph(agents.covered, 12, { max: 1 }),
        graph(agents.polls, 12),
        number(agents.reconnections, 12, { height: 8, thresholds: bad(1) }),
      ],
    },
    {
      title: 'Series',
      panels: [
        graph(processes.series, 8, { max: 1 }),
        graph(processes.folded, 8),
        list(processes.expired, 8, 8),
      ],
    },
    {
      title: 'Processes',
      panels: [
        graph(processes.processor, 8),
        graph(processes.memory, 8),
        graph(processes.eventLoop, 8),
        graph(processes.descriptors, 12),
        graph(processes.readers, 12),
        graph(processes.exportTime, 12),
        list(processes.builds, 12, 8),
      ],
    },
  ],
};
