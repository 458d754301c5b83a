import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * Starts the worker program beside the calling module: TypeScript in a checkout, JavaScript in a built
 * package.
 * @param name the file's name without extension
 * @param beside the caller's `import.meta.url`
 */
export function startWorker(name: string, beside: string, options?: WorkerOptions): Worker {
  const extension = beside.slice(beside.lastIndexOf('.'));
  return new Worker(new URL(`./${name}${extension}`, beside), options);
}
