import type {
  AgentReadings,
  AggregatorReadings,
  ClusterReadings,
  SeriesReadings,
} from '../../../src/metrics/index.ts';
import { groupings, measuresOf, type SeriesTable } from '../../../src/metrics/series/index.ts';
import { seriesTable } from '../../support/series-table.ts';

/** What an aggregator might tell of itself. */
export const aggregatorReadings: AggregatorReadings = {
  flows: 12,
  memoryOctets: 4800,
  collector: {
    sessions: 1,
    exporters: [
      {
        exporter: '192.0.2.1',
        observationDomainId: 7,
        exportProtocol: 'netflow-v9',
        peerName: 'node-1.example',
        firstRecordMs: 0,
        lastRecordMs: 1_767_225_600_500,
        records: 1,
        lost: 3,
        lostMessages: 3,
        unsentRecords: 5,
        ignoredPackets: 6,
      },
      {
        exporter: '2001:db8::1',
        observationDomainId: 7,
        exportProtocol: 'ipfix',
        firstRecordMs: 0,
        lastRecordMs: 1_767_225_601_000,
        records: 1,
        lost: 0,
        lostMessages: 0,
      },
    ],
    decodeErrors: [{ exporter: '192.0.2.9', reason: 'not-a-message', count: 2 }],
    certificateExpiryMs: 1_798_761_600_000,
  },
  sinks: [
    {
      name: 'file',
      queueRecords: 32,
      queueLimit: 65_536,
      isUp: false,
      certificateExpiryMs: 1_798_761_800_000,
    },
  ],
};

export const agentReadings: AgentReadings = {
  nodeName: 'node-1',
  conntrackTotalConnections: 40,
  conntrackKeptConnections: 30,
  conntrackMaxConnections: 262_144,
  deniedConnections: 2,
  flowCollectorReconnections: 1,
  isCollectorConnected: true,
  certificateExpiryMs: 1_798_761_700_000,
  pollCycleDuration: { boundsSeconds: [0.01, 0.1], counts: [5, 7, 8], sumSeconds: 1.25 },
  connectionsBegun: 100,
  connectionsNeverSeen: 4,
  ipPackets: 1_200,
  countedPackets: 1_190,
  enteredOctets: 90_000,
  ipOctets: 85_000,
  blindness: [
    { reason: 'kernel silent', isBlind: true },
    { reason: 'no events', isBlind: false },
  ],
  links: [
    {
      name: 'eth0',
      capacityBitsPerSecond: 10_000_000_000,
      receivedOctets: 1000,
      receivedPackets: 10,
      receivedErrors: 1,
      receivedDropped: 2,
      sentOctets: 2000,
      sentPackets: 20,
      sentErrors: 3,
      sentDropped: 4,
    },
  ],
  linkCounts: [
    { told: 'own', links: 1 },
    { told: 'summed', links: 50 },
    { told: 'beyond limit', links: 0 },
  ],
};

export const clusterReadings: ClusterReadings = {
  held: [
    { kind: 'pods', objects: 250 },
    { kind: 'services', objects: 0 },
    { kind: 'remembered pods', objects: 4 },
  ],
  followed: [
    { kind: 'pods', isSynced: true, staleSeconds: 0, leftOut: 0 },
    { kind: 'services', isSynced: false, staleSeconds: 42.5, leftOut: 0 },
  ],
};

export function seriesReadings(tables: readonly SeriesTable[] = [workloadTable()]): SeriesReadings {
  return {
    tables,
    readings: tables.map(({ name }) => ({
      grouping: name,
      series: 2,
      limit: 10_000,
      folded: 0,
      expired: 1,
      expiredBytes: 500,
      expiredPackets: 5,
    })),
    delay: { bounds: [0.1, 1], counts: Float64Array.of(3, 2, 1), sum: 4.5 },
  };
}

/** Two pairs of workloads, one of which has names that need care, and one to a range. */
export function workloadTable(startedAt = 1_767_225_600_250) {
  const measures = measuresOf('workload');
  const pod = { cluster: 'c', source_namespace: 'shop', source_workload: 'web', source_kind: 'Pod' };
  const rows = [
    { ...pod, destination_namespace: 'shop', destination_workload: 'db', destination_kind: 'Pod' },
    { ...pod, destination_workload: 'o"d\\d\nname 👩', destination_kind: 'Range' },
  ];
  return seriesTable(
    'workload',
    groupings.workload.labels,
    measures,
    rows.map((labels, row) => ({
      labels,
      values: measures.map((_, measure) => 1000 * measure + row + 0.5 * row),
      startedAt,
    })),
  );
}
