import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../runtime/index.ts';
import { request as httpRequest } from '../../runtime/node-http.ts';

/** One request of HTTP. */
export interface ExchangeOptions {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly agent: Agent;
  readonly clock: Clock;
  /** Ends the request, and the answer. */
  readonly signal: AbortSignal;
  /** Until the head of the answer. */
  readonly answerMs: number;
}

/** For TCP and TLS together. */
const CONNECT_MS = 10_000;

/** Sends a request. Settles with the head of the answer; its body is a stream. */
export function openExchange(url: URL, options: ExchangeOptions): Promise<IncomingMessage> {
  const { method, headers, body, agent, signal, clock, answerMs } = options;
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(url, { method, headers, agent, signal });
    const cancelConnect = limitConnecting(request, clock);
    const cancelAnswer = clock.after(answerMs, () =>
      request.destroy(new Error(`no answer within ${Math.round(answerMs / 1_000)} s`)),
    );
    const settle = () => {
      cancelConnect();
      cancelAnswer();
    };
    request.on('response', (response) => {
      settle();
      resolve(response);
    });
    request.on('error', (error) => {
      settle();
      reject(error);
    });
    request.end(body);
  });
}

/** A connection of the agent that exists already needs no time. */
function limitConnecting(request: ClientRequest, clock: Clock): () => void {
  let cancel = () => {};
  request.on('socket', (socket) => {
    if (!socket.connecting) return;
    cancel = clock.after(CONNECT_MS, () =>
      request.destroy(new Error(`no connection within ${CONNECT_MS / 1_000} s`)),
    );
    const isTls = 'encrypted' in (socket as TLSSocket);
    socket.once(isTls ? 'secureConnect' : 'connect', () => cancel());
  });
  return () => cancel();
}

/**
 * The whole body as text.
 * @throws {RangeError} when it has more octets; the connection is closed then
 */
export async function readBody(response: IncomingMessage, maxOctets: number): Promise<string> {
  const chunks: Buffer[] = [];
  let octets = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    octets += chunk.length;
    if (octets > maxOctets) throw new RangeError(`expected ${maxOctets} octets at most`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
