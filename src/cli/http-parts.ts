import { HttpServer, healthRoutes, metricsRoute, type Routes } from '../http/index.ts';
import type { Component } from '../runtime/index.ts';
import type { HttpSettings, MetricsSettings } from './config/index.ts';
import type { MetricsPart } from './metrics-part.ts';
import type { Service } from './service.ts';

/** The servers of /metrics by the settings; none when they say "off". */
export function metricsServers(
  { listen, tokenFile }: MetricsSettings,
  metrics: MetricsPart,
  service: Service,
): Component[] {
  if (listen === undefined) return [];
  const setting = 'weir.metrics.listen in the file';
  const options = { name: 'metrics', setting, isOptional: !listen.isAskedFor, tokenFile };
  return [new HttpServer(listen, statusRoutes(metrics, service), service.log, options)];
}

/** The HTTP server for people and programs on this host: the routes of the flows, and metrics. */
export function httpServer(
  { listen, tokenFile }: HttpSettings,
  routes: Routes,
  metrics: MetricsPart,
  service: Service,
): HttpServer {
  return new HttpServer(listen, { ...routes, ...statusRoutes(metrics, service) }, service.log, { tokenFile });
}

const statusRoutes = (metrics: MetricsPart, service: Service): Routes => ({
  ...metricsRoute((request, response) => metrics.handle(request, response)),
  ...healthRoutes(service),
});
