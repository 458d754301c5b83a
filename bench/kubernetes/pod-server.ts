import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { podJson } from './pod.ts';

/** Serves many Pods from a thread of its own, so that the main thread is only the client. */
const { pods, hasInitialEvents } = workerData as { pods: number; hasInitialEvents: boolean };
const items = Array.from({ length: pods }, (_, i) => podJson(i));

const server = createServer((request, response) => {
  const { searchParams } = new URL(request.url!, 'http://127.0.0.1');
  if (request.url === '/version') response.end('{"gitVersion":"v1.34.1"}');
  else if (searchParams.has('sendInitialEvents') && !hasInitialEvents) response.writeHead(422).end('{}');
  else if (searchParams.has('sendInitialEvents')) void sendInitialEvents(response);
  else if (searchParams.has('watch')) response.writeHead(200).flushHeaders();
  else
    sendPage(response, Number(searchParams.get('continue') ?? 0), Number(searchParams.get('limit') ?? pods));
});

function sendPage(response: ServerResponse, from: number, limit: number): void {
  const end = from + limit;
  const metadata = JSON.stringify({ resourceVersion: '1', ...(end < pods && { continue: `${end}` }) });
  response.end(
    `{"kind":"PodList","apiVersion":"v1","metadata":${metadata},"items":[${items.slice(from, end).join()}]}\n`,
  );
}

async function sendInitialEvents(response: ServerResponse): Promise<void> {
  for (const item of items) {
    if (!response.write(`{"type":"ADDED","object":${item}}\n`))
      await new Promise((resolve) => response.once('drain', resolve));
  }
  const annotations = '{"k8s.io/initial-events-end":"true"}';
  response.write(
    `{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"1","annotations":${annotations}}}}\n`,
  );
}

server.listen(0, '127.0.0.1', () => parentPort!.postMessage((server.address() as AddressInfo).port));
