import { isDeepStrictEqual } from 'node:util';
import {
  Aggregator,
  type AggregatorTimes,
  FanOut,
  Forwarder,
  type IntermediateProcess,
  RangeNamer,
  type SinkOptions,
} from '../aggregator/index.ts';
import { type ApiParts, openRoutes, RecentFlows } from '../api/index.ts';
import type { FlowBatch, FlowEnricher } from '../flow/index.ts';
import type { Routes } from '../http/index.ts';
import { CollectingProcess } from '../ipfix/index.ts';
import { type AggregatorIdentity, isFollowed } from '../kubernetes/index.ts';
import { type AggregatorReadings, type ClusterReadings, FlowSeries } from '../metrics/index.ts';
import { QueryDesk } from '../query/index.ts';
import type { Component } from '../runtime/index.ts';
import {
  DEFAULT_EVENT_AGE_MS,
  DEFAULT_EVENT_OCTETS,
  type EventBounds,
  type HistorySettings,
  type HistoryValues,
  HistoryWorkerSink,
  historyKind,
} from '../store/index.ts';
import type { AggregatorSettings, SinkSettings } from './config/index.ts';
import { EventHistory } from './event-history.ts';
import { flowCollectorsOf, recordMetricsOf } from './record-counts.ts';
import type { Service } from './service.ts';
import { WiredEvents } from './wired-events.ts';
import { wireNames } from './wired-names.ts';
import { WiredSinks } from './wired-sinks.ts';

/** The parts of an aggregator, wired: collector → aggregator → fan-out → sinks, and series of flows. */
export interface WiredAggregator {
  /** Sinks first. */
  readonly components: readonly Component[];
  /** The HTTP routes of the flows, for clients who may read all. */
  readonly routes: Routes;
  /** What other routes answer from. */
  readonly api: ApiParts;
  readonly series: FlowSeries;
  readonly readings: () => AggregatorReadings;
  /** Undefined where no API server of Kubernetes is followed. */
  readonly cluster: (() => ClusterReadings) | undefined;
  /** Keeps a history besides the settings' sinks. Rejects with what kept it from starting. */
  readonly keepHistory: (name: string, settings: HistorySettings) => Promise<void>;
  /** Changes what may change while it runs, without losing a record. @param keys that have changed */
  readonly change: (settings: AggregatorSettings, keys: readonly string[]) => Promise<void>;
}

/**
 * @param more sinks besides those of the settings and the window for HTTP
 * @param enrichers name flows before series count them and sinks get them
 * @param identity the certificates of an aggregator in a cluster; it starts before agents can connect
 * @param willKeepHistory whether `keepHistory` will be called
 */
export function wireAggregator(
  settings: AggregatorSettings,
  service: Service,
  more: readonly SinkOptions[] = [],
  enrichers: readonly FlowEnricher[] = [],
  identity?: AggregatorIdentity,
  willKeepHistory = false,
): WiredAggregator {
  const { clock, ledger, log } = service;
  const kept = new EventHistory(
    willKeepHistory ? 'up' : 'aggregator',
    service,
    willKeepHistory ? 'later' : historyAmong(settings.sinks),
  );
  // In the order in which records pass them, so that the ledger lists their accounts in this order.
  const collector: CollectingProcess = new CollectingProcess({
    listen: settings.listen,
    tls: settings.tls,
    tlsSource: identity,
    ...settings.sessions,
    stateDirectory: settings.stateDirectory,
    name: 'ipfix in',
    onBatch: (batch) => aggregator.accept(batch),
    onPassage: (change, exporter) => kept.keepPassage(change, exporter),
    clock,
    ledger,
    log,
  });
  const series = new FlowSeries(settings.flowSeries, { clock, ledger });
  const { kubernetes, ranges } = settings;
  const clusterId = settings.clusterId || undefined;
  let labelled = { labels: kubernetes.labels, omitLabels: kubernetes.omitLabels };
  const events = isFollowed(kubernetes) ? new WiredEvents(settings.sinks, service) : undefined;
  const names = wireNames(
    kubernetes,
    service,
    { ...kubernetes, labelsLeftOut: kubernetes.omitLabels },
    events?.isWanted || kept.isKept
      ? {
          emit: (event) => {
            events?.write(event);
            kept.keepOfCluster(event);
          },
          clusterId,
          stateDirectory: settings.stateDirectory,
        }
      : undefined,
  );
  const isProxy = settings.mode === 'Proxy';
  const parts = {
    clock,
    ledger,
    exporters: () => collector.sessions,
    tally: series,
    enrichers: [...names.enrichers, ...(ranges.length > 0 ? [new RangeNamer(ranges)] : []), ...enrichers],
    outlet: {
      write: (batch: FlowBatch) => fanOut.write(batch),
      hasRoomFor: (records: number) => fanOut.hasRoomFor(records),
      room: () => fanOut.room(),
    },
  };
  const aggregator: IntermediateProcess = isProxy
    ? new Forwarder(parts, { clusterId })
    : new Aggregator(parts, {
        ...timesOf(settings),
        maxFlows: settings.maxFlows,
        maxFlowsPerExporter: settings.maxFlowsPerExporter,
        pairsOneWayFlows: settings.pairsOneWayFlows,
        clusterId,
      });
  const recent = new RecentFlows(clock, ledger, {
    windowMs: settings.windowMs,
    maxOctets: settings.windowOctets,
  });
  const sinks = new WiredSinks(settings.sinks, service, isProxy);
  const fanOut = new FanOut(clock, ledger, log, [...sinks.options, ...more, { sink: recent }]);
  const queries = new QueryDesk(clock, { log });
  let keptDirectory: string | undefined;
  const api: ApiParts = {
    history: () => keptDirectory ?? historyAmong(sinks.settings)?.directory,
    keepEvent: () => (kept.isKept ? (event) => kept.keep(event) : undefined),
    ...{ clock, ledger, log, recent, queries, listing: aggregator },
    recordMetrics: () =>
      recordMetricsOf(ledger, recent, sinks.settings, {
        flows: aggregator.size,
        exporters: collector.sessions,
      }),
    collectors: () => flowCollectorsOf(ledger, sinks.settings, fanOut.readings),
    exporters: () => collector.readings.exporters,
  };
  return {
    components: [
      queries,
      fanOut,
      kept,
      series,
      ...(events === undefined ? [] : [events]),
      ...names.components,
      aggregator,
      ...(identity === undefined ? [] : [identity]),
      collector,
    ],
    routes: openRoutes(api),
    api,
    series,
    keepHistory: async (name, history) => {
      try {
        await fanOut.add(() => ({ sink: new HistoryWorkerSink(name, history, { ledger, log }) }));
      } catch (error) {
        await kept.keepIn(undefined);
        throw error;
      }
      keptDirectory = history.directory;
      await kept.keepIn({ ...defaultEventBounds, directory: history.directory });
    },
    change: async (next, keys) => {
      aggregator.changeTimes(timesOf(next));
      const { labels, omitLabels } = next.kubernetes;
      if (!isDeepStrictEqual({ labels, omitLabels }, labelled)) names.changeLabels(labels, omitLabels);
      labelled = { labels, omitLabels };
      await sinks.change(fanOut, next.sinks);
      await events?.change(sinks.settings);
      if (keptDirectory === undefined) await kept.keepIn(historyAmong(sinks.settings));
      kept.keepSettings(keys);
    },
    cluster: names.readings,
    readings: () => ({
      flows: aggregator.size,
      memoryOctets: aggregator.memoryOctets,
      collector: collector.readings,
      sinks: fanOut.readings,
    }),
  };
}

const defaultEventBounds = { maxOctets: DEFAULT_EVENT_OCTETS, maxAgeMs: DEFAULT_EVENT_AGE_MS };

/** Where the first history among sinks is that has all flows, and the bounds of the events beside it. */
function historyAmong(sinks: readonly SinkSettings[]): EventBounds | undefined {
  const ofAll = sinks.find(
    ({ kind, filter }) => kind.key === historyKind.key && Object.keys(filter).length === 0,
  );
  if (ofAll === undefined) return undefined;
  const { directory, eventMegabytes, eventAge } = ofAll.values as HistoryValues;
  return { directory, maxOctets: eventMegabytes, maxAgeMs: eventAge };
}

const timesOf = (settings: AggregatorSettings): AggregatorTimes => ({
  activeTimeoutMs: settings.activeTimeoutMs,
  inactiveTimeoutMs: settings.inactiveTimeoutMs,
  correlationWaitMs: settings.correlationTimeoutMs,
  scanPeriodMs: Math.min(1_000, settings.activeTimeoutMs / 4),
});
