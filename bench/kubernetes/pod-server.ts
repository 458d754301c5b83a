import type { AddressInfo } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { listServer } from './list-server.ts';
import { podJson } from './pod.ts';

/** Serves many Pods from a thread of its own, so that the main thread is only the client. */
const { pods, hasInitialEvents } = workerData as { pods: number; hasInitialEvents: boolean };
const items = Array.from({ length: pods }, (_, i) => podJson(i));
const server = listServer((path) => (path === '/api/v1/pods' ? items : undefined), hasInitialEvents);

server.listen(0, '127.0.0.1', () => parentPort!.postMessage((server.address() as AddressInfo).port));
