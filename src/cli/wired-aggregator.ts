import { Aggregator, FanOut, type SinkOptions } from '../aggregator/index.ts';
import { FlowFilter, type FlowSink } from '../flow/index.ts';
import { FlowLogger, IpfixSink, JsonLines } from '../forward/index.ts';
import { ledgerRoute, type Routes } from '../http/index.ts';
import { CollectingProcess } from '../ipfix/index.ts';
import { FlowLogWorkerSink } from '../logs/index.ts';
import { type AggregatorReadings, FlowSeries } from '../metrics/index.ts';
import type { Component } from '../runtime/index.ts';
import { SpoolingSink } from '../sinks/index.ts';
import type { AggregatorSettings, SinkSettings } from './config/index.ts';
import { flowsRoute, RecentFlows } from './flows-api/index.ts';
import type { Service } from './service.ts';

/** The parts of an aggregator, wired: collector → aggregator → fan-out → sinks, and series of flows. */
export interface WiredAggregator {
  /** Sinks first. */
  readonly components: readonly Component[];
  /** The HTTP routes of the flows. */
  readonly routes: Routes;
  readonly series: FlowSeries;
  readonly readings: () => AggregatorReadings;
}

/** @param more sinks besides those of the settings and the window for HTTP */
export function wireAggregator(
  settings: AggregatorSettings,
  service: Service,
  more: readonly SinkOptions[] = [],
): WiredAggregator {
  const { clock, ledger, log } = service;
  // In the order in which records pass them, so that the ledger lists their accounts in this order.
  const collector: CollectingProcess = new CollectingProcess({
    listen: settings.listen,
    ...settings.sessions,
    name: 'ipfix in',
    onBatch: (batch) => aggregator.accept(batch),
    clock,
    ledger,
    log,
  });
  const series = new FlowSeries(settings.flowSeries, { clock, ledger });
  const aggregator: Aggregator = new Aggregator(
    {
      clock,
      ledger,
      exporters: () => collector.sessions,
      tally: series,
      outlet: {
        write: (batch) => fanOut.write(batch),
        hasRoomFor: (records) => fanOut.hasRoomFor(records),
        room: () => fanOut.room(),
      },
    },
    {
      activeTimeoutMs: settings.activeTimeoutMs,
      inactiveTimeoutMs: settings.inactiveTimeoutMs,
      correlationWaitMs: settings.correlationTimeoutMs,
      scanPeriodMs: Math.min(1_000, settings.activeTimeoutMs / 4),
      maxFlows: settings.maxFlows,
      maxFlowsPerExporter: settings.maxFlowsPerExporter,
      pairsOneWayFlows: settings.pairsOneWayFlows,
      clusterId: settings.clusterId || undefined,
    },
  );
  const recent = new RecentFlows(clock, ledger, {
    windowMs: settings.windowMs,
    maxOctets: settings.windowOctets,
  });
  const sinks = settings.sinks.map((sink) => sinkOptions(sink, service));
  const fanOut = new FanOut(clock, ledger, log, [...sinks, ...more, { sink: recent }]);
  return {
    components: [fanOut, series, aggregator, collector],
    routes: { '/flows': flowsRoute(recent, clock, ledger), ...ledgerRoute(ledger) },
    series,
    readings: () => ({
      flows: aggregator.size,
      octets: aggregator.octets,
      collector: collector.readings,
      sinks: fanOut.readings,
    }),
  };
}

function sinkOptions(settings: SinkSettings, service: Service): SinkOptions {
  const { filter, queueRecords } = settings;
  return {
    sink: sinkOf(settings, service),
    filter: new FlowFilter(filter),
    ...(queueRecords !== undefined && { queueRecords }),
  };
}

function sinkOf({ name, kind, queueRecords }: SinkSettings, service: Service): FlowSink {
  const { clock, ledger, log } = service;
  if ('jsonLines' in kind) return new JsonLines(name, kind.jsonLines);
  if ('flowLogger' in kind) return new FlowLogger(name, kind.flowLogger, service);
  if ('loki' in kind) return new FlowLogWorkerSink(name, kind.loki, { ledger, log });
  if ('victoriaLogs' in kind) return new FlowLogWorkerSink(name, kind.victoriaLogs, { ledger, log });
  const { collector, observationDomainId = 1, exporting, spool } = kind.ipfix;
  const options = { address: collector, observationDomainId, ...exporting, clock, ledger, log };
  if (spool !== undefined) return new SpoolingSink(new IpfixSink(name, options), spool, service);
  // It accepts all at once: records for its collector wait in the Exporting Process.
  return new IpfixSink(name, {
    ...options,
    ...(queueRecords !== undefined && { maxQueueRecords: queueRecords }),
  });
}
