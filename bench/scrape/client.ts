import { get } from 'node:http';
import { parentPort } from 'node:worker_threads';

/** A scraper in its own thread: fetches the URL that it gets, and reports the number of octets. */
parentPort!.on('message', ({ url, headers }: { url: string; headers: Record<string, string> }) => {
  get(url, { headers }, (response) => {
    let octets = 0;
    response.on('data', (chunk: Buffer) => {
      octets += chunk.length;
    });
    response.on('end', () => parentPort!.postMessage(octets));
  });
});
