import { parentPort } from 'node:worker_threads';
import { fetchOverTls } from './https-request.ts';
import type { FetchOptions, Reply, Request } from './namespace-client.ts';

/* The thread of a NamespaceClient. */
parentPort!.on('message', async ({ number, url, options }: Request) => {
  parentPort!.postMessage({ number, ...(await answer(url, options)) } satisfies Reply);
});

async function answer(url: string, options: FetchOptions) {
  try {
    if (options.ca !== undefined) return await fetchOverTls(url, options);
    const response = await fetch(url, options);
    return { status: response.status, body: await response.text() };
  } catch (error) {
    const { message, cause } = error as Error;
    return { error: `${message} ${cause ?? ''}` };
  }
}
