import { parentPort } from 'node:worker_threads';
import type { Reply, Request } from './namespace-client.ts';

/* The thread of a NamespaceClient. */
parentPort!.on('message', async ({ number, url, method }: Request) => {
  parentPort!.postMessage({ number, ...(await answer(url, method)) } satisfies Reply);
});

async function answer(url: string, method: string) {
  try {
    const response = await fetch(url, { method });
    return { status: response.status, body: await response.text() };
  } catch (error) {
    const { message, cause } = error as Error;
    return { error: `${message} ${cause ?? ''}` };
  }
}
