import {
  createTemplate,
  elementNamed,
  type MessageFormat,
  reportError,
  type Template,
} from '../wire/index.ts';
import { headerOctetsOf, readNetflowHeader } from './netflow-header.ts';

/** The versions without templates. */
type FixedVersion = 1 | 5 | 7;

type Field = readonly [element: string, octets: number];

/** The octets with which the records of all versions begin. */
const common: readonly Field[] = [
  ['sourceIPv4Address', 4],
  ['destinationIPv4Address', 4],
  ['ipNextHopIPv4Address', 4],
  ['ingressInterface', 2],
  ['egressInterface', 2],
  ['packetDeltaCount', 4],
  ['octetDeltaCount', 4],
  ['flowStartSysUpTime', 4],
  ['flowEndSysUpTime', 4],
  ['sourceTransportPort', 2],
  ['destinationTransportPort', 2],
];

/** What versions 5 and 7 have in addition. */
const routing: readonly Field[] = [
  ['tcpControlBits', 1],
  ['protocolIdentifier', 1],
  ['ipClassOfService', 1],
  ['bgpSourceAsNumber', 2],
  ['bgpDestinationAsNumber', 2],
  ['sourceIPv4PrefixLength', 1],
  ['destinationIPv4PrefixLength', 1],
];

/**
 * Each record in its order, by the elements of the same meaning and their octets. Version 7 also says which
 * fields are valid, which are zero otherwise, and which router the switch relieves.
 */
const fields: Readonly<Record<FixedVersion, readonly Field[]>> = {
  1: [
    ...common,
    ['paddingOctets', 2],
    ['protocolIdentifier', 1],
    ['ipClassOfService', 1],
    ['tcpControlBits', 1],
    ['paddingOctets', 7],
  ],
  5: [...common, ['paddingOctets', 1], ...routing, ['paddingOctets', 2]],
  7: [...common, ['paddingOctets', 1], ...routing, ['paddingOctets', 6]],
};

/** There are no templates on the wire: these describe the records. Their id is that of none. */
const templates: Readonly<Record<FixedVersion, Template>> = {
  1: templateOf(fields[1]),
  5: templateOf(fields[5]),
  7: templateOf(fields[7]),
};
/** Some exporters pad the records of version 1 to 52 octets. */
const paddedV1Template = templateOf([...fields[1].slice(0, -1), ['paddingOctets', 11]]);

/** The template of a message's records; only the length of the message shows how version 1 is padded. */
function templateFor(version: FixedVersion, announcedRecords: number, length: number): Template {
  const paddedOctets = headerOctetsOf[1] + announcedRecords * paddedV1Template.minimumRecordOctets;
  return version === 1 && length === paddedOctets ? paddedV1Template : templates[version];
}

function templateOf(all: readonly Field[]): Template {
  return createTemplate(
    0,
    all.map(([name, length]) => ({ element: elementNamed(name)!, length })),
  );
}

export const v1Format = formatOf(1);
export const v5Format = formatOf(5);
export const v7Format = formatOf(7);

/** Whether a message of this length has as many records as it announces, and nothing else. */
export function isWholeMessage(version: FixedVersion, announcedRecords: number, length: number): boolean {
  const { minimumRecordOctets } = templateFor(version, announcedRecords, length);
  return length === headerOctetsOf[version] + announcedRecords * minimumRecordOctets;
}

/**
 * Messages of a version without templates: a header, and records of one layout, which are one set. Those that
 * fit are read, also when the header announces another number.
 */
function formatOf(version: FixedVersion): MessageFormat {
  return {
    open(message) {
      const { sets, start, handler } = message;
      const { end } = sets;
      const header = readNetflowHeader(message, version);
      if (header === undefined) return false;
      const { announcedRecords } = header.netflow!;
      const { minimumRecordOctets } = templateFor(version, announcedRecords, header.length);
      const present = Math.floor(sets.left / minimumRecordOctets);
      sets.end = sets.offset + Math.min(announcedRecords, present) * minimumRecordOctets;
      handler.header?.(header);
      const place = { offset: sets.end - start };
      if (announcedRecords > present) {
        const text = `the message announces ${announcedRecords} records, but has only ${present}`;
        reportError(message, place, 'record-truncated', text);
      } else if (sets.end < end) {
        const text = `${end - sets.end} octets follow the ${announcedRecords} records that the message announces`;
        reportError(message, place, 'trailing-octets', text);
      }
      return true;
    },
    readSet({ sets, header, start, handler }) {
      const { bytes, offset, end } = sets;
      const template = templateFor(version, header.netflow!.announcedRecords, header.length);
      sets.skip(sets.left);
      handler.data({ header, template, bytes, messageStart: start, offset, end });
    },
  };
}
