/** The HTTP server of a process: its routes, and who may use them. Knows nothing about the answers. */
export { readToken } from './bearer-token.ts';
export {
  type CredentialFiles,
  type Credentials,
  type FileComplaint,
  readCredentials,
  readTextFile,
} from './credentials.ts';
export {
  formatHost,
  formatHttpAddress,
  type HttpAddress,
  instanceAt,
  readHttpAddress,
  readHttpUrl,
  readSocketPath,
} from './http-address.ts';
export { HttpError, sendJson } from './http-error.ts';
export { type HttpOptions, HttpServer } from './http-server.ts';
export { isListening } from './listening-socket.ts';
export type { HttpsOptions } from './node-server.ts';
export {
  credentialOptions,
  httpBasePath,
  httpListen,
  httpNames,
  readBasePath,
  readHttpName,
  tokenFile,
} from './options.ts';
export { REACH_HEADER } from './reach-header.ts';
export { readRequestBody } from './request-body.ts';
export { type HttpExchange, type Route, type Routes, routesForToken, routeWith } from './route.ts';
export {
  certificateFrom,
  FileCertificate,
  type ServerCertificate,
  type ServerCertificateSource,
} from './server-certificate.ts';
export { healthRoutes, ledgerRoute, type MetricsHandler, metricsRoute } from './status-routes.ts';
export { TokenProof } from './token-proof.ts';
export { fileToken, freshToken, keptToken, keptTokenIn, type TokenSource } from './token-source.ts';
