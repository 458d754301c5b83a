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
import { certificateFrom, FileCertificate, HttpServer } from '../http/index.ts';
import { InClusterAccess, KubernetesClient } from '../kubernetes/index.ts';
import type { TlsSource } from '../tls/index.ts';
import type { AggregatorSettings } from './config/index.ts';
import type { MetricsPart } from './metrics-part.ts';
import type { Service } from './service.ts';

export interface ApiServerParts {
  readonly api: ApiParts;
  readonly metrics: MetricsPart;
  readonly service: Service;
}

/**
 * The API server of an aggregator in a cluster. It shows the certificate that agents see, too.
 * @param identity from which the certificate is; undefined: from the files of the settings
 * @throws {WeirError} WEIR_KUBERNETES_CREDENTIALS when the files of the Pod are not mounted
 */
export async function apiServer(
  { apiServer: { port, minVersion, cipherSuites }, tls }: AggregatorSettings,
  identity: TlsSource | undefined,
  { api, metrics, service }: ApiServerParts,
): Promise<HttpServer> {
  const { log, clock, ledger } = service;
  const access = await InClusterAccess.read({ clock });
  const reviews = new KubernetesReviews(new KubernetesClient({ access, clock, ledger, log }));
  const desk = new ReviewDesk({ api: reviews, clock, ledger, log });
  const authenticator = new TokenReviewer(desk, AUDIENCE);
  const guard = new Guard({ authenticator, authorizer: new AccessReviewer(desk), log });
  const routes = guardedRoutes(
    { ...api, metrics: (request, response) => metrics.handle(request, response), readiness: service },
    guard,
  );
  const certificate =
    identity === undefined
      ? new FileCertificate(tls, { name: 'api', clock, log })
      : certificateFrom(identity);
  return new HttpServer({ host: '', port }, routes, log, {
    name: 'api',
    setting: 'apiServer.apiPort in the file',
    https: { certificate, minVersion, cipherSuites },
    ledger,
  });
}
