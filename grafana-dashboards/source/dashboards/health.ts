import type { Page } from '../dashboard.ts';
import { badFrom, knownOrNot, upAndDown } from '../looks.ts';
import { graphPanel, listPanel, numberPanel, statesPanel } from '../panels.ts';
import * as agents from '../signals/agents.ts';
import * as alerts from '../signals/alerts.ts';
import * as kubernetes from '../signals/kubernetes.ts';
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
        numberPanel(processes.down, 4, { thresholds: badFrom(1) }),
        numberPanel(records.recordsLost, 4, { thresholds: badFrom(1) }),
        numberPanel(records.openAccounts, 4, { thresholds: badFrom(1) }),
        numberPanel(records.delayNow, 4, { thresholds: badFrom(60) }),
        numberPanel(records.flowsHeld, 4),
        numberPanel(alerts.firing, 4, { thresholds: badFrom(1) }),
        statesPanel(processes.up, 12, upAndDown),
        statesPanel(agents.connected, 12, upAndDown),
      ],
    },
    {
      title: 'Path of records',
      panels: [
        listPanel(records.accounts, 24, 8),
        graphPanel(records.ledger, 24),
        graphPanel(records.dropped, 8),
        graphPanel(records.held, 8),
        graphPanel(records.events, 8),
        graphPanel(records.queues, 12, { max: 1 }),
        graphPanel(records.delay, 12),
      ],
    },
    {
      title: 'Exporters',
      panels: [
        graphPanel(records.silence, 8),
        graphPanel(records.lost, 8),
        graphPanel(records.reportedLosses, 8),
        graphPanel(records.decodeErrors, 8),
        graphPanel(records.sessions, 8),
        graphPanel(records.flowMemory, 8),
        listPanel(records.certified, 24, 6),
      ],
    },
    {
      title: 'Agents',
      panels: [
        graphPanel(agents.conntrack, 8, { max: 1 }),
        graphPanel(agents.connections, 8),
        graphPanel(agents.neverSeen, 8),
        graphPanel(agents.blind, 12),
        graphPanel(agents.covered, 12, { max: 1 }),
        graphPanel(agents.reachedIp, 8, { max: 1 }),
        graphPanel(agents.polls, 8),
        numberPanel(agents.reconnections, 8, { height: 8, thresholds: badFrom(1) }),
      ],
    },
    {
      title: 'Names of Kubernetes',
      panels: [
        graphPanel(kubernetes.stale, 8),
        statesPanel(kubernetes.synced, 8, knownOrNot),
        graphPanel(kubernetes.objects, 8),
      ],
    },
    {
      title: 'Series',
      panels: [
        graphPanel(processes.series, 8, { max: 1 }),
        graphPanel(processes.folded, 8),
        listPanel(processes.expired, 8, 8),
      ],
    },
    {
      title: 'Processes',
      panels: [
        graphPanel(processes.processor, 8),
        graphPanel(processes.memory, 8),
        graphPanel(processes.eventLoop, 8),
        graphPanel(processes.descriptors, 12),
        graphPanel(processes.readers, 12),
        graphPanel(processes.exportTime, 12),
        listPanel(processes.builds, 12, 8),
      ],
    },
  ],
};
