import { hostname } from 'node:os';
import { Telemetry, type TelemetryOptions } from '../metrics/index.ts';
import type { Component } from '../runtime/index.ts';
import type { MetricsSettings } from './config/index.ts';
import { HttpServer, healthRoutes, metricsRoute, type Route } from './http/index.ts';
import type { Service } from './service.ts';
import { version } from './version.ts';

/** What a process tells of itself and of flows, for whoever reads /metrics and for the receivers of OTLP. */
export function telemetryOf(
  service: Service,
  { otlp }: MetricsSettings,
  told: Pick<TelemetryOptions, 'component' | 'series' | 'aggregator' | 'agent'>,
  instance = hostname(),
): Telemetry {
  const { clock, ledger, log } = service;
  // Receivers of OTLP tell the processes of many hosts apart by their instance.
  const resource = { 'service.instance.id': instance };
  return new Telemetry({ ...told, clock, ledger, log, version, otlp, resource });
}

type Routes = Readonly<Record<string, Route>>;

/** Where /metrics answers by the settings; nothing where they say "off". */
export function metricsServers(
  { listen }: MetricsSettings,
  telemetry: Telemetry,
  service: Service,
): Component[] {
  if (listen === undefined) return [];
  const setting = 'weir.metrics.listen in the file';
  const options = { name: 'metrics', setting, isOptional: !listen.isAskedFor };
  return [new HttpServer(listen, statusRoutes(telemetry, service), service.log, options)];
}

/** What people and programs of this host ask: the routes of the flows, and metrics. */
export function httpServer(
  listen: { host: string; port: number },
  routes: Routes,
  telemetry: Telemetry,
  service: Service,
): HttpServer {
  return new HttpServer(listen, { ...routes, ...statusRoutes(telemetry, service) }, service.log);
}

const statusRoutes = (telemetry: Telemetry, service: Service): Routes => ({
  ...metricsRoute((request, response) => telemetry.handle(request, response)),
  ...healthRoutes(() => service.isReady),
});
