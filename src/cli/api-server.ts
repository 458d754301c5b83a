import {
  AccessReviewer,
  type ApiParts,
  AUDIENCE,
  Guard,
  guardedRoutes,
  KubernetesReviews,
  ReviewDesk,
  TokenReviewer,
} from '../api/index.ts';
import { HttpServer, type ServerCertificateSource } from '../http/index.ts';
import { InClusterAccess, KubernetesClient } from '../kubernetes/index.ts';
import type { ApiServerSettings } from './config/index.ts';
import type { MetricsPart } from './metrics-part.ts';
import type { Service } from './service.ts';

export interface ApiServerParts {
  readonly api: ApiParts;
  readonly metrics: MetricsPart;
  readonly service: Service;
  readonly certificate: ServerCertificateSource;
}

/**
 * The API server of an aggregator in a cluster, whose API server says who asks and what he may read.
 * @throws {WeirError} WEIR_KUBERNETES_CREDENTIALS when the files of the Pod are not mounted
 */
export async function apiServer(
  { port, minVersion, cipherSuites }: ApiServerSettings,
  { api, metrics, service, certificate }: ApiServerParts,
): Promise<HttpServer> {
  const { log, clock, ledger } = service;
  const access = await InClusterAccess.read({ clock });
  const reviews = new KubernetesReviews(new KubernetesClient({ access, clock, ledger, log }));
  const desk = new ReviewDesk({ api: reviews, clock, ledger, log });
  const authenticator = new TokenReviewer(desk, AUDIENCE);
  const guard = new Guard({ authenticator, authorizer: new AccessReviewer(desk), log });
  const handle: MetricsPart['handle'] = (request, response) => metrics.handle(request, response);
  const routes = guardedRoutes({ ...api, metrics: handle, readiness: service }, guard);
  return new HttpServer({ host: '', port }, routes, log, {
    name: 'api',
    setting: 'apiServer.apiPort in the file',
    https: { certificate, minVersion, cipherSuites },
  });
}
