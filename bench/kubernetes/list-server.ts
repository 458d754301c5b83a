import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Server } from 'node:net';

/**
 * A Kubernetes API that has objects and no changes.
 * @param itemsAt the objects at a path as JSON; undefined when there is no such kind
 * @param hasInitialEvents whether a watch may begin with all objects; otherwise they come in pages of a list
 * @param certificate speaks TLS with it
 */
export function listServer(
  itemsAt: (path: string) => readonly string[] | undefined,
  hasInitialEvents: boolean,
  certificate?: { readonly cert: string; readonly key: string },
): Server {
  const answerRequest = (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://127.0.0.1');
    const items = itemsAt(pathname);
    if (pathname === '/version') response.end('{"gitVersion":"v1.34.1"}');
    else if (items === undefined) response.writeHead(404).end('{}');
    else if (searchParams.has('sendInitialEvents') && !hasInitialEvents) response.writeHead(422).end('{}');
    else if (searchParams.has('sendInitialEvents')) void sendInitialEvents(response, items);
    else if (searchParams.has('watch')) response.writeHead(200).flushHeaders();
    else {
      const [from, limit] = [searchParams.get('continue'), searchParams.get('limit')];
      sendPage(response, items, Number(from ?? 0), Number(limit ?? items.length));
    }
  };
  return certificate === undefined
    ? createServer(answerRequest)
    : createTlsServer(certificate, answerRequest);
}

function sendPage(response: ServerResponse, items: readonly string[], from: number, limit: number): void {
  const end = from + limit;
  const metadata = { resourceVersion: '1', ...(end < items.length && { continue: `${end}` }) };
  const page = items.slice(from, end).join();
  response.end(
    `{"kind":"List","apiVersion":"v1","metadata":${JSON.stringify(metadata)},"items":[${page}]}\n`,
  );
}

async function sendInitialEvents(response: ServerResponse, items: readonly string[]): Promise<void> {
  for (const item of items) {
    if (!response.write(`{"type":"ADDED","object":${item}}\n`))
      await new Promise((resolve) => response.once('drain', resolve));
  }
  const annotations = '{"k8s.io/initial-events-end":"true"}';
  response.write(
    `{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"1","annotations":${annotations}}}}\n`,
  );
}
