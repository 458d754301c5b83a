import { get } from 'node:http';
import { parentPort } from 'node:worker_threads';

/** A scraper on a thread of its own: fetches the URL it is sent, and tells how many octets came. */
parentPort!.on('message', ({ url, headers }: { url: string; headers: Record<string, string> }) => {
  get(url, { headers }, (response) => {
    let octets = 0;
    response.on('data', (chunk: Buffer) => {
      octets += chunk.length;
    });
    response.on('end', () => parentPort!.postMessage(octets));
  });
});
