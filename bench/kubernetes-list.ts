import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import {
  type ClusterAccess,
  KubernetesClient,
  type KubernetesObject,
  Reflector,
  type ReflectorHandler,
  resourceKinds,
} from '../src/kubernetes/index.ts';
import { Ledger, Log, systemClock } from '../src/runtime/index.ts';
import { podJson } from './kubernetes/pod.ts';
import { onMainThread } from './main-thread.ts';
import { type BenchRow, quantileOf } from './measure.ts';

export const title = 'Kubernetes: all Pods of a cluster, 3.3 KB each, main thread';

const PODS = 100_000;
const RUNS = 3;
const MAX_BLOCK_MS = 50;

interface KeptPod {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  readonly address: string;
}

const keepPod = ({ metadata, status }: KubernetesObject): KeptPod => ({
  uid: metadata.uid!,
  name: metadata.name!,
  namespace: metadata.namespace!,
  address: (status as { podIP: string }).podIP,
});

class KeptPods implements ReflectorHandler<KeptPod> {
  pods: readonly KeptPod[] = [];
  #onReplaced = () => {};
  readonly replaced = new Promise<void>((resolve) => {
    this.#onReplaced = resolve;
  });

  replace(items: Iterable<KeptPod>): void {
    this.pods = [...items];
    this.#onReplaced();
  }

  upsert(): void {}
  remove(): void {}
}

/** One way to get all Pods. */
interface Measured {
  readonly cpuMs: number[];
  readonly blocksMs: number[];
  octetsPerPod: number;
}

export async function run(): Promise<BenchRow[]> {
  const pages = await measureFilling(false);
  const initialEvents = await measureFilling(true);
  return [
    ...rowsOf('pages of a list', pages),
    ...rowsOf('initial events of a watch', initialEvents),
    { name: 'block of JSON.parse for a tenth of them', unit: 'CPU-ms', median: await measureWholeParse() },
  ];
}

async function measureFilling(hasInitialEvents: boolean): Promise<Measured> {
  const workerData = { pods: PODS, hasInitialEvents };
  const server = new Worker(new URL('./kubernetes/pod-server.ts', import.meta.url), { workerData });
  try {
    const [port] = (await once(server, 'message')) as [number];
    const measured: Measured = { cpuMs: [], blocksMs: [], octetsPerPod: 0 };
    for (let round = -1; round < RUNS; round++) {
      const { cpuMs, longestBlockMs, octetsPerPod } = await fillOnce(port);
      measured.octetsPerPod = octetsPerPod;
      if (round < 0) continue;
      measured.cpuMs.push(cpuMs);
      measured.blocksMs.push(longestBlockMs);
    }
    return measured;
  } finally {
    await server.terminate();
  }
}

/** A function of its own, so that nothing of an earlier round is left. */
async function fillOnce(port: number) {
  const before = await settledHeap();
  const kept = new KeptPods();
  const { reflector, client } = reflectorOf(port, kept);
  const cost = await onMainThread(async () => {
    await reflector.start();
    await kept.replaced;
  });
  await reflector.stop();
  client.close();
  const octets = (await settledHeap()) - before;
  checkPods(kept.pods);
  return { ...cost, octetsPerPod: octets / kept.pods.length };
}

/** Octets in use after closed connections have released theirs. */
async function settledHeap(): Promise<number> {
  await setTimeout(200);
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

function reflectorOf(port: number, handler: KeptPods) {
  const access: ClusterAccess = {
    server: new URL(`http://127.0.0.1:${port}`),
    namespace: 'weir',
    remedy: '',
    credentials: async () => ({ headers: {}, tls: {} }),
    forget: () => {},
  };
  const parts = { clock: systemClock, log: new Log(systemClock, () => {}), ledger: new Ledger() };
  const client = new KubernetesClient({ access, ...parts });
  const reflector = new Reflector({ kind: resourceKinds.pods, slim: keepPod }, { client, handler, ...parts });
  return { reflector, client };
}

function checkPods(pods: readonly KeptPod[], count = PODS): void {
  const addresses = new Set(pods.map(({ address }) => address));
  if (pods.length !== count || addresses.size !== count)
    throw new Error(
      `expected ${count} Pods with an address each, found ${pods.length} with ${addresses.size}`,
    );
}

/** How a client blocks its thread that waits for the whole list. */
async function measureWholeParse(): Promise<number> {
  const list = `{"items":[${Array.from({ length: PODS / 10 }, (_, i) => podJson(i)).join()}]}`;
  const { cpuMs } = await onMainThread(async () => {
    const { items } = JSON.parse(list) as { items: KubernetesObject[] };
    checkPods(items.map(keepPod), PODS / 10);
  });
  return cpuMs;
}

const rowsOf = (name: string, { cpuMs, blocksMs, octetsPerPod }: Measured): BenchRow[] => [
  { name, unit: 'CPU-ms', median: quantileOf(cpuMs, 0.5) },
  {
    name: `longest block, ${name}`,
    unit: 'CPU-ms',
    median: Math.max(...blocksMs),
    target: { atMost: MAX_BLOCK_MS },
  },
  { name: `kept, ${name}`, unit: 'octets/Pod', median: octetsPerPod, target: { atMost: 1_024 } },
];
