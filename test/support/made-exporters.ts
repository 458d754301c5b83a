import type { ExporterReading } from '../../src/ipfix/index.ts';

const readingOf = (exporter: string, more: Partial<ExporterReading>): ExporterReading => ({
  exporter,
  observationDomainId: 7,
  exportProtocol: 'ipfix',
  firstRecordMs: Date.UTC(2026, 0, 31, 10),
  lastRecordMs: Date.UTC(2026, 0, 31, 11),
  records: 120,
  lost: 3,
  lostMessages: 0,
  ...more,
});

/**
 * An agent that tells all, one that may miss flows, a router that tells nothing of itself, and a domain that
 * has sent nothing yet.
 */
export const madeExporters: readonly ExporterReading[] = [
  readingOf('192.0.2.1', {
    peerName: 'agent',
    unsentRecords: 2,
    ignoredPackets: 50,
    state: {
      name: 'node-1',
      software: 'Weir 1.2.3',
      blindBecause: [],
      carriedPackets: 1_000,
      meteredPackets: 950,
    },
  }),
  readingOf('192.0.2.2', {
    state: {
      name: 'node-2',
      software: 'Weir 1.2.3',
      blindBecause: ['kernel silent', 'no events'],
      carriedPackets: 1_000,
      meteredPackets: 0,
    },
  }),
  readingOf('192.0.2.9', { exportProtocol: 'netflow-v9' }),
  {
    ...{ exporter: '192.0.2.9', observationDomainId: 8, exportProtocol: 'netflow-v9' },
    ...{ records: 0, lost: 0, lostMessages: 0 },
  },
];

/** Very many agents, each further behind than the next. The last one of ten thousand may miss flows. */
export const manyExporters = (count: number): readonly ExporterReading[] =>
  Array.from({ length: count }, (_, at) =>
    readingOf(`10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`, {
      lastRecordMs: Date.UTC(2026, 0, 31, 11) + at,
      state: {
        name: `node-${at}.with-a-name-of-many-words.example.org`,
        software: 'Weir 1.2.3',
        blindBecause: at === 9_999 ? ['no events'] : [],
        carriedPackets: 1_000,
        meteredPackets: 950,
      },
    }),
  );
