import type { Agent } from 'node:http';
import type { ConnectionOptions } from 'node:tls';

/** Where the API server of a cluster is, and what this process shows it. */
export interface ClusterAccess {
  readonly server: URL;
  /** Of this process: that of its Pod, or of the context. */
  readonly namespace: string;
  /** What to do when the server refuses the credentials, as a sentence. */
  readonly remedy: string;
  /**
   * For each request: files, tokens and certificates change.
   * @throws {WeirError} WEIR_KUBERNETES_CREDENTIALS
   */
  credentials(): Promise<ClusterCredentials>;
  /** The server has refused the credentials. The next ones are read again, or made again by their plugin. */
  forget(): void;
}

export interface ClusterCredentials {
  /** Authorization, impersonation; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: ClusterTls;
  /** Connects through the proxy of a kubeconfig, with this TLS. */
  readonly proxyAgent?: Agent;
}

/** How to verify the server, and the certificate to show it. PEM. */
export type ClusterTls = Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'>;
