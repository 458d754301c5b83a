import { createServer, type Server } from 'node:net';
import type { NetworkNamespace } from '../../test/support/namespace.ts';

/**
 * Lets browsers of this host reach a server on a namespace's loopback: connections to 127.0.0.1 are taken here and continued there.
 * Neither an address nor a route of the host changes.
 *
 * @param port what both sides listen on; when the host's is taken, any that is free
 * @returns the URL on this host, without a slash at its end
 */
export async function openBrowserDoor(namespace: NetworkNamespace, port: number): Promise<string> {
  const server = await listen(port).catch(() => listen(0));
  const { port: here } = server.address() as { port: number };
  const relay = namespace.startModule(new URL('browser-relay.ts', import.meta.url), [`${port}`], {
    ipc: true,
  });
  await new Promise<void>((resolve, reject) => {
    relay.process.send('listen', server, (error) => (error ? reject(error) : resolve()));
  });
  await relay.says(/listening/);
  server.close(); // the relay has its own hold of the socket
  return `http://127.0.0.1:${here}`;
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
