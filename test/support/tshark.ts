import { v5Fields } from './made-fixed.ts';
import { type PdmlNode, PdmlReader } from './pdml.ts';
import { Program } from './program.ts';

/*
 * IPFIX and NetFlow as decoded by tshark, which is not ours. tshark has its own names for fields. It shows
 * unknown ones (all of enterprise 56506) as bytes, but with the position of each value. So values are matched
 * by position to the fields of the template that tshark decoded. They are found by enterprise and element
 * number:
 *
 *   const { records } = await decodeWithTshark('flows.pcap', { port: 4739 });
 *   unsigned(records[0].field(0, 1));        // octetDeltaCount
 *   unsigned(records[0].field(29305, 1));    // its reverse
 *   text(records[0].field(56506, 101));      // sourcePodName
 */

export interface TsharkField {
  /** 0 for IANA's own; 29305 for a reverse element. */
  enterprise: number;
  id: number;
  /** tshark's name for it, e.g. 'cflow.srcaddr'; '' where tshark shows nothing (an empty string). */
  name: string;
  /** The value as tshark shows it. */
  shown: string;
  /** The value's octets. */
  hex: string;
}

export class TsharkRecord {
  /** 'address:port' of the sender. */
  readonly exporter: string;
  /** Of the message, seconds since 1970. */
  readonly exportTime: number;
  /** Of the message. */
  readonly sequenceNumber: number;
  readonly observationDomainId: number;
  readonly templateId: number;
  /** More than 0 in a record of an options template. */
  readonly scopeFieldCount: number;
  /** In the template's order. */
  readonly fields: readonly TsharkField[];

  constructor(message: Message, template: Template, fields: readonly TsharkField[]) {
    this.exporter = message.exporter;
    this.exportTime = message.exportTime;
    this.sequenceNumber = message.sequenceNumber;
    this.observationDomainId = message.observationDomainId;
    this.templateId = template.id;
    this.scopeFieldCount = template.scopeFieldCount;
    this.fields = fields;
  }

  /** The first field with these numbers. Throws when the record has none. */
  field(enterprise: number, id: number): TsharkField {
    const found = this.find(enterprise, id);
    if (found) return found;
    const have = this.fields.map((field) => `${field.enterprise}/${field.id}`).join(' ');
    throw new Error(`the record has no element ${enterprise}/${id}; it has ${have}`);
  }

  find(enterprise: number, id: number): TsharkField | undefined {
    return this.fields.find((field) => field.enterprise === enterprise && field.id === id);
  }
}

export interface TsharkDecoding {
  records: TsharkRecord[];
  /** Messages seen. */
  messages: number;
  /** Data sets that tshark could not decode because it had no template for them. */
  undecodedSets: number;
  /** tshark's complaints about a packet, in its own words ("Malformed Packet", …). */
  complaints: string[];
}

export interface TsharkOptions {
  /** The collector's port, on which tshark expects IPFIX. */
  port: number;
  /** Default 'udp'. */
  transport?: 'udp' | 'tcp';
}

/** Decodes every record of IPFIX and NetFlow of a capture file by tshark. */
export async function decodeWithTshark(
  file: string,
  { port, transport = 'udp' }: TsharkOptions,
): Promise<TsharkDecoding> {
  const decoding: TsharkDecoding = { records: [], messages: 0, undecodedSets: 0, complaints: [] };
  const templates = new Map<string, Template>();
  const reader = new PdmlReader((protocols) => readPacket(protocols, templates, decoding));
  const protocols = 'ip ipv6 udp tcp cflow _ws.malformed';
  const decodeAs = `${transport}.port==${port},cflow`;
  const tshark = new Program(
    ['tshark', '-n', '-r', file, '-d', decodeAs, '-T', 'pdml', '-J', protocols, ...manyFields],
    {
      environment: { TZ: 'UTC', LC_ALL: 'C.UTF-8' },
      onStdout: (text) => reader.write(text),
    },
  );
  await tshark.succeeds();
  return decoding;
}

/** The value as an unsigned number of any width. */
export function unsigned(field: TsharkField): bigint {
  return field.hex === '' ? 0n : BigInt(`0x${field.hex}`);
}

/** The value as UTF-8 text. */
export function text(field: TsharkField): string {
  return Buffer.from(field.hex, 'hex').toString('utf8');
}

/**
 * The value as an address in text: four octets as 'a.b.c.d', six as a MAC, sixteen as full IPv6 groups
 * compressed by URL's rule.
 */
export function address(field: TsharkField): string {
  const octets = Buffer.from(field.hex, 'hex');
  if (octets.length === 4) return octets.join('.');
  if (octets.length === 6) return field.hex.replace(/..(?!$)/g, '$&:');
  const groups = field.hex.match(/.{4}/g)!.join(':');
  return new URL(`http://[${groups}]`).hostname.slice(1, -1);
}

interface Message {
  exporter: string;
  exportTime: number;
  sequenceNumber: number;
  observationDomainId: number;
}

interface Template {
  id: number;
  scopeFieldCount: number;
  fields: { enterprise: number; id: number; length: number }[];
}

const variableLength = 65535;

/** The fixed record of NetFlow v5, by IANA's elements of the same meaning. */
const v5Template: Template = {
  id: 0,
  scopeFieldCount: 0,
  fields: v5Fields.map(([id, length]) => ({ enterprise: 0, id, length })),
};

/** tshark leaves out templates of more than 60 fields unless it is told not to; Open vSwitch's are longer. */
const manyFields = ['-o', 'cflow.max_template_fields:0'];

function readPacket(protocols: PdmlNode[], templates: Map<string, Template>, decoding: TsharkDecoding): void {
  const exporter = exporterOf(protocols);
  for (const protocol of protocols) {
    if (protocol.name.startsWith('_ws.')) decoding.complaints.push(protocol.show);
    if (protocol.name !== 'cflow') continue;
    decoding.messages++;
    const message: Message = {
      exporter,
      exportTime: exportTimeOf(protocol),
      sequenceNumber: Number(childOf(protocol, 'cflow.sequence').show),
      observationDomainId: domainOf(protocol),
    };
    for (const pdu of protocol.children.filter(({ show }) => show.startsWith('pdu ')))
      decoding.records.push(new TsharkRecord(message, v5Template, fieldsOf(pdu, v5Template, pdu)));
    const key = (id: number) => `${exporter} ${message.observationDomainId} ${id}`;
    for (const set of protocol.children.filter(({ show }) => /^(Flow)?Set \d+/.test(show))) {
      for (const group of set.children) {
        if (/Template \(Id =/.test(group.show)) {
          const template = templateOf(group);
          templates.set(key(template.id), template);
        } else if (/^Flow \d+/.test(group.show)) {
          const template = templates.get(key(setIdOf(set)))!;
          decoding.records.push(new TsharkRecord(message, template, fieldsOf(group, template, set)));
        }
      }
      if (setIdOf(set) > 255 && !templates.has(key(setIdOf(set)))) decoding.undecodedSets++;
    }
  }
}

function exporterOf(protocols: PdmlNode[]): string {
  const shown = (protocol: string, field: string) =>
    protocols.findLast(({ name }) => name === protocol)?.children.find(({ name }) => name === field)?.show;
  const host = shown('ip', 'ip.src') ?? shown('ipv6', 'ipv6.src');
  return `${host}:${shown('udp', 'udp.srcport') ?? shown('tcp', 'tcp.srcport')}`;
}

/** The seconds of a NetFlow header are inside its time. */
function exportTimeOf(protocol: PdmlNode): number {
  const time = childOf(protocol, 'cflow.timestamp');
  return Number(`0x${(time.children.find(({ name }) => name === 'cflow.unix_secs') ?? time).hex}`);
}

/** The observation domain, the source of NetFlow v9, or the engine of v5. */
function domainOf({ children }: PdmlNode): number {
  const numberOf = (wanted: string) => children.find(({ name }) => name === wanted)?.show;
  const domain = numberOf('cflow.od_id') ?? numberOf('cflow.source_id');
  return Number(domain ?? Number(numberOf('cflow.engine_type')) * 256 + Number(numberOf('cflow.engine_id')));
}

function setIdOf(set: PdmlNode): number {
  return Number(childOf(set, 'cflow.flowset_id').show);
}

function templateOf(group: PdmlNode): Template {
  const numberOf = (node: PdmlNode, name: string) => {
    const found = node.children.find((child) => child.name === name);
    return found === undefined ? undefined : Number(found.show);
  };
  const fields = group.children.filter(({ show }) => show.startsWith('Field ('));
  return {
    id: Number(childOf(group, 'cflow.template_id').show),
    scopeFieldCount:
      numberOf(group, 'cflow.template_ipfix_scope_field_count') ??
      fields.filter(({ show }) => show.includes('[Scope]')).length,
    fields: fields.map((field) => ({
      enterprise: numberOf(field, 'cflow.template_ipfix_field_pen') ?? 0,
      // tshark has a name for the type of each enterprise, and of a scope
      id: Number(field.children.find(({ name }) => /field_type(_enterprise)?$/.test(name))!.show),
      length: numberOf(field, 'cflow.template_field_length')!,
    })),
  };
}

/**
 * A record's values in the template's order. Start and end times stand in pairs under one node of tshark. It
 * splits some values into several nodes, and shows nothing for an empty value. But it always has each other
 * value's position.
 */
function fieldsOf(group: PdmlNode, template: Template, set: PdmlNode): TsharkField[] {
  const values = new Map<number, PdmlNode>();
  for (const node of group.children) {
    const leaves = node.name === 'cflow.timedelta' ? node.children : [node];
    for (const leaf of leaves) values.set(leaf.position, leaf);
  }
  let position = group.position;
  return template.fields.map(({ enterprise, id, length }) => {
    let octets = length;
    if (length === variableLength) {
      // RFC 7011 section 7: one octet of length before the value, or 255 and two octets
      const octetAt = (at: number) => Number.parseInt(set.hex.slice(2 * (at - set.position)).slice(0, 2), 16);
      const short = octetAt(position);
      octets = short === 255 ? octetAt(position + 1) * 256 + octetAt(position + 2) : short;
      position += short === 255 ? 3 : 1;
    }
    const value = octets > 0 ? values.get(position) : undefined;
    const from = 2 * (position - set.position);
    position += octets;
    const hex = set.hex.slice(from, from + 2 * octets);
    return { enterprise, id, name: value?.name ?? '', shown: value?.show ?? '', hex };
  });
}

function childOf(node: PdmlNode, name: string): PdmlNode {
  const found = node.children.find((child) => child.name === name);
  if (!found) throw new Error(`tshark's ${node.name || node.show} has no ${name}`);
  return found;
}
