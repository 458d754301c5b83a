import {
  createTemplate,
  elementNamed,
  MessageWriter,
  readMessage,
  TemplateStore,
} from '../src/ipfix/wire/index.ts';
import { cpuMsOf } from './ipfix/cpu-time.ts';
import { type BenchRow, measureInterleaved, timesFaster } from './measure.ts';

const TEMPLATES = 10_000;
const DOMAINS = 10;
const FIRST_ID = 256;
const LOOKUPS = 5_000_000;

export const title = `templates: ${TEMPLATES.toLocaleString('en')} held, of ${DOMAINS} domains`;

/** The elements of a router's flows. */
const fields = [
  'sourceIPv4Address destinationIPv4Address ipNextHopIPv4Address ingressInterface egressInterface',
  'packetDeltaCount octetDeltaCount flowStartMilliseconds flowEndMilliseconds flowEndReason',
  'sourceTransportPort destinationTransportPort tcpControlBits protocolIdentifier ipClassOfService',
  'bgpSourceAsNumber bgpDestinationAsNumber sourceIPv4PrefixLength destinationIPv4PrefixLength vlanId',
]
  .flatMap((line) => line.split(' '))
  .map((name) => ({ element: elementNamed(name)! }));

export async function run(): Promise<BenchRow[]> {
  const messages = templateMessages();
  const before = memoryOctets();
  const full = storeWith(messages);
  const octets = memoryOctets() - before;
  if (full.size !== TEMPLATES) throw new Error(`${full.size} templates are held`);
  const single = storeWith(messages.slice(0, 1));
  const { one, amongMany, all } = await measureInterleaved({
    one: () => lookUp(single, 1, 1),
    amongMany: () => lookUp(full, 1, 1),
    all: () => lookUp(full, DOMAINS, TEMPLATES / DOMAINS),
  });
  const nanosecondsRow = (name: string, { medianMs, spread }: typeof one, rest: Partial<BenchRow> = {}) => ({
    name,
    unit: 'ns',
    median: (medianMs * 1e6) / LOOKUPS,
    spread,
    ...rest,
  });
  return [
    { name: 'memory of all', unit: 'MB', median: octets / 1e6, target: { atMost: 50 } },
    nanosecondsRow('lookup of one beside all others', amongMany, {
      ratio: timesFaster(amongMany, one),
      against: 'the same template held alone',
      target: { of: 'ratio', atLeast: 0.8 },
    }),
    nanosecondsRow('lookup of each in turn', all),
  ];
}

/** One message for each template. Every length differs a little, so that no two have one layout. */
function templateMessages(): Uint8Array[] {
  const writer = new MessageWriter();
  return Array.from({ length: TEMPLATES }, (_, index) => {
    const id = FIRST_ID + Math.floor(index / DOMAINS);
    const padding = { element: elementNamed('paddingOctets')!, length: index + 1 };
    writer.start({ domain: index % DOMAINS, sequenceNumber: 0, exportTimeSeconds: 0 });
    writer.writeTemplate(createTemplate(id, [...fields, padding]));
    return writer.finish().slice();
  });
}

function storeWith(messages: readonly Uint8Array[]): TemplateStore {
  const store = new TemplateStore({ maxOctets: 64 * 1024 * 1024 });
  const throwError = ({ text }: { text: string }) => {
    throw new Error(text);
  };
  for (const message of messages) readMessage(message, store, { data: () => {}, error: throwError });
  return store;
}

function lookUp(store: TemplateStore, domains: number, ids: number): number {
  return cpuMsOf(() => {
    for (let i = 0; i < LOOKUPS; i++) {
      const template = store.get(i % domains, FIRST_ID + (i % ids));
      if (template === undefined) throw new Error('a template is missing');
    }
  });
}

function memoryOctets(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
