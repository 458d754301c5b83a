import { createHash } from 'node:crypto';
import type { Agent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Agent as HttpAgent } from '../../runtime/node-http.ts';
import type { ClusterCredentials } from './cluster-access.ts';

/** A connection that nobody uses is closed after this time, before it can be half open for long. */
const IDLE_MS = 15_000;
const options = { keepAlive: true, timeout: IDLE_MS, maxFreeSockets: 4 };

/**
 * The connections to the API server. With another certificate or other authorities new connections are made;
 * streams on the earlier ones go on until they end.
 */
export class ServerAgent {
  readonly #isTls: boolean;
  #agent: Agent | undefined;
  #identity = '';

  constructor(server: URL) {
    this.#isTls = server.protocol === 'https:';
  }

  agentFor(credentials: ClusterCredentials): Agent {
    const identity = this.#isTls ? identityOf(credentials) : 'plain';
    if (this.#agent !== undefined && identity === this.#identity) return this.#agent;
    retireAgent(this.#agent);
    this.#identity = identity;
    this.#agent = credentials.proxyAgent ?? this.#newAgent(credentials);
    return this.#agent;
  }

  /** Ends all connections. */
  close(): void {
    this.#agent?.destroy();
    this.#agent = undefined;
  }

  #newAgent({ tls }: ClusterCredentials): Agent {
    return this.#isTls ? new HttpsAgent({ ...options, ...tls }) : new HttpAgent(options);
  }
}

/** Lets streams end by themselves. */
function retireAgent(agent: Agent | undefined): void {
  if (agent === undefined) return;
  agent.maxFreeSockets = 0;
  for (const sockets of Object.values(agent.freeSockets))
    for (const socket of sockets ?? []) socket.destroy();
}

function identityOf({ tls }: ClusterCredentials): string {
  const { ca, cert, key, servername, rejectUnauthorized } = tls;
  const hash = createHash('sha256');
  for (const part of [ca, cert, key].flat()) hash.update(String(part)).update('\0');
  return `${hash.digest('hex')} ${servername} ${rejectUnauthorized}`;
}
