import { addressOfEnd, parseAddress } from '../../flow/index.ts';
import {
  createTemplate,
  type DataRecord,
  elementNamed,
  MessageWriter,
  readExportedSets,
  readRecords,
  TemplateStore,
} from '../../ipfix/index.ts';

/*
 * A statement in a file of messages: whose the messages of an observation domain are. It is a record in a
 * message of its own. RFC 5655 has these elements for the details of an export session (section 8.1.3).
 */

/** The domain of these messages: the highest number, which is the least likely one of an exporter. */
export const STATEMENT_DOMAIN = 0xffff_ffff;

const DOMAIN_OFFSET = 12;

/** The address of a peer on a Unix socket. */
const UNKNOWN = '0.0.0.0';

/** Whose an observation domain of a file is. */
export interface StatedSession {
  /** Address and port: 192.0.2.1:4739, [2001:db8::1]:4739. */
  readonly exporter: string;
  /** The protocol number of the IP payload. */
  readonly ipProtocol: number;
  /** The number of the domain in the file, and that of the exporter. */
  readonly domain: number;
  readonly originalDomain: number;
}

const detailsAfterAddress = [
  'exporterTransportPort',
  'exportTransportProtocol',
  'observationDomainId',
  'originalObservationDomainId',
];

const templateOf = (id: number, address: string) =>
  createTemplate(
    id,
    ['sessionScope', address, ...detailsAfterAddress].map((name) => ({ element: elementNamed(name)! })),
    1,
  );

// Programs that mix up domains, such as ipfixDump 2.4, read them rightly by ids that no exporter uses.
const templates = {
  4: templateOf(65_534, 'exporterIPv4Address'),
  6: templateOf(65_535, 'exporterIPv6Address'),
};

/**
 * A message with the statement and its template.
 * @param sequenceNumber statements in the file before it
 */
export function sessionStatement(
  { exporter, ipProtocol, domain, originalDomain }: StatedSession,
  sequenceNumber: number,
  exportTimeSeconds: number,
): Uint8Array {
  const [plain] = addressOfEnd(exporter).split('%') as [string]; // a zone is of its host alone
  const address = parseAddress(plain) === undefined ? UNKNOWN : plain;
  const port = Number(/:(\d+)$/.exec(exporter)?.[1] ?? 0);
  const template = address.includes(':') ? templates[6] : templates[4];
  const writer = new MessageWriter(512);
  writer.start({ domain: STATEMENT_DOMAIN, sequenceNumber, exportTimeSeconds });
  writer.writeTemplate(template);
  writer.writeRecord({ template, values: [0, address, port, ipProtocol, domain, originalDomain] });
  return writer.finish().slice();
}

/** The observation domain of a message (RFC 7011 section 3.1); undefined without a whole header. */
export function domainOf(message: Uint8Array): number | undefined {
  if (message.length < DOMAIN_OFFSET + 4) return undefined;
  return new DataView(message.buffer, message.byteOffset).getUint32(DOMAIN_OFFSET);
}

export function setDomain(message: Uint8Array, domain: number): void {
  new DataView(message.buffer, message.byteOffset).setUint32(DOMAIN_OFFSET, domain);
}

/** The session that a message states; undefined if it states none. */
export function statedSession(message: Uint8Array): StatedSession | undefined {
  if (domainOf(message) !== STATEMENT_DOMAIN) return undefined;
  const store = new TemplateStore();
  for (const set of readExportedSets('ipfix', message, store, { error: () => {} })) {
    for (const record of readRecords(set, store, () => {})) return sessionIn(record);
  }
  return undefined;
}

function sessionIn({ template, values }: DataRecord): StatedSession | undefined {
  const isStatement = [templates[4], templates[6]].some(({ layout }) => layout === template.layout);
  if (!isStatement) return undefined;
  const [, address, port, ipProtocol, domain, originalDomain] = values as [number, string, ...number[]];
  const host = address.includes(':') ? `[${address}]` : address;
  return {
    exporter: `${host}:${port}`,
    ipProtocol: ipProtocol!,
    domain: domain!,
    originalDomain: originalDomain!,
  };
}
