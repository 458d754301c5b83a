import { HttpServer, healthRoutes, metricsRoute, type Routes, routeWith } from '../http/index.ts';
import type { Component } from '../runtime/index.ts';
import type { HttpSettings, MetricsSettings } from './config/index.ts';
import type { WiredConsole } from './console-part.ts';
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
  const { ledger } = service;
  const options = { name: 'metrics', setting, isOptional: !listen.isAskedFor, tokenFile, ledger };
  return [new HttpServer(listen, statusRoutes(metrics, service), service.log, options)];
}

/** The HTTP server for people and programs on this host: routes of the flows, metrics, and the console. */
export function httpServer(
  { listen, tokenFile, names, basePath }: HttpSettings,
  routes: Routes,
  metrics: MetricsPart,
  service: Service,
  console: WiredConsole,
): HttpServer {
  const open = { ...routes, ...statusRoutes(metrics, service) };
  const all = { ...(console.proof === undefined ? open : questionsForToken(open)), ...console.routes };
  const { log, ledger } = service;
  return new HttpServer(listen, all, log, { tokenFile, proof: console.proof, names, basePath, ledger });
}

/** Questions about the past are for those with the token, as the console is that asks them. */
const questionsForToken = (routes: Routes): Routes =>
  Object.fromEntries(
    Object.entries(routes).map(([key, route]) => [
      key,
      /(^| )\/query(\/|$)/.test(key) ? routeWith({ needsToken: true }, route) : route,
    ]),
  );

const statusRoutes = (metrics: MetricsPart, service: Service): Routes => ({
  ...metricsRoute((request, response) => metrics.handle(request, response)),
  ...healthRoutes(service),
});
