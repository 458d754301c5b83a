import type { Agent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';
import { Agent as HttpAgent } from '../../runtime/node-http.ts';

/** Loki answers a push with nothing, or with a sentence. */
const MAX_ANSWER_OCTETS = 1_048_576;

/**
 * Connections for one push, which close when more than an answer arrives: winston-loki would keep all of it.
 */
export function lokiAgent(url: string, authorities: string | undefined): Agent {
  const { protocol, hostname } = new URL(url);
  const address = hostname.replace(/^\[|\]$/g, '');
  // winston-loki passes an IPv6 address in brackets to Node, which takes it for a name; an agent's options
  // override it
  const options = isIPv6(address) ? { host: address, hostname: address } : {};
  const ca = authorities === undefined ? {} : { ca: authorities };
  const agent = protocol === 'http:' ? new HttpAgent(options) : new HttpsAgent({ ...options, ...ca });
  const createConnection = agent.createConnection.bind(agent) as Agent['createConnection'];
  agent.createConnection = (...how) => limitAnswer(createConnection(...how));
  return agent;
}

function limitAnswer(connection: Duplex | null | undefined): Duplex | null | undefined {
  let octets = 0;
  return connection?.on('data', (chunk: Buffer) => {
    octets += chunk.length;
    if (octets > MAX_ANSWER_OCTETS) connection.destroy(new Error('its response does not end'));
  });
}
