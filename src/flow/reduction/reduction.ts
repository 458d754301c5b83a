import type { FieldTest, RowRule, TextField } from '../condition/index.ts';
import { FlowType } from '../enumerations.ts';
import type { FieldName } from '../fields.ts';
import { IPV4_MAPPED } from '../ip-address.ts';
import { entryFields, exporterFields, identityFields } from './end-fields.ts';
import type { KnownNamespaces } from './namespace-reader.ts';

/** Fields that have no value for somebody, in the rows for which the rule holds. */
export interface HiddenFields {
  readonly fields: readonly FieldName[];
  readonly where: RowRule;
}

/** What of flows somebody may read. */
export interface Reduction {
  /** The rows that he may read at all. */
  readonly mayRead: RowRule;
  /** A field may be in several of them. */
  readonly hides: readonly HiddenFields[];
}

const allOf = (...all: RowRule[]): RowRule => ({ all });
const anyOf = (...any: RowRule[]): RowRule => ({ any });
const oppositeOf = (rule: RowRule): RowRule => ({ not: rule });
const hasNone = (text: TextField): FieldTest => ({ text, is: '' });
const isOfType = (type: number): FieldTest => ({ number: 'flowType', isOneOf: [type] });

const SOURCE = 'sourcePodNamespace';
const DESTINATION = 'destinationPodNamespace';
const SERVICE = 'destinationServicePortName';

/** The rules that say whether the namespace of an end or a Service is one of these. */
const isAmong = (namespaces: readonly string[]) => {
  const service: RowRule = { namespaceIn: SERVICE, isAmong: namespaces };
  const destinationPod: RowRule = { text: DESTINATION, isAmong: namespaces };
  return {
    source: { text: SOURCE, isAmong: namespaces },
    destinationPod,
    // An end without a Pod is in the namespace of its Service.
    destination: anyOf(destinationPod, allOf(hasNone(DESTINATION), service)),
    service,
  } satisfies Record<string, RowRule>;
};

/** No address, or 0.0.0.0, which IPv4 templates send for "none". */
const hasNoProxy: RowRule = anyOf(
  ...[0, IPV4_MAPPED].map(
    (word): FieldTest => ({
      address: 'proxySnatIP',
      within: { words: [0, 0, word, 0], prefixLength: 128 },
    }),
  ),
);

/** The source is outside the cluster, and the node of the destination let it in. */
const entered = allOf(isOfType(FlowType.fromExternal), hasNone('sourceNodeName'));
/**
 * The source is outside, and another node let it in, which stands for the source. A source that is a node
 * itself has a zone or a UID besides a name.
 */
const enteredByOther = allOf(
  isOfType(FlowType.fromExternal),
  oppositeOf(hasNone('sourceNodeName')),
  hasNone('sourceZone'),
  hasNone('sourceNodeUUID'),
  oppositeOf(hasNoProxy),
);
const isDestinationOutside = allOf(isOfType(FlowType.toExternal), hasNone('destinationNodeName'));

/**
 * What somebody may read who may read some namespaces: flows with an end in one of them. Of the other end he
 * sees only what he may identify; else it has neither names nor an address.
 *
 * An end outside the cluster is no secret. The node that let it in is one, and so is an end without a
 * namespace that may be inside.
 */
export function reductionFor({ readable, known }: KnownNamespaces): Reduction {
  const read = isAmong(readable);
  const mayRead = anyOf(read.source, read.destination);
  if (known === undefined) return { mayRead, hides: [] };
  const knows = isAmong(known);
  const source = oppositeOf(anyOf(knows.source, allOf(hasNone(SOURCE), anyOf(entered, enteredByOther))));
  const isOutside = allOf(hasNone(DESTINATION), hasNone(SERVICE), isDestinationOutside);
  const destination = oppositeOf(anyOf(knows.destination, isOutside));
  const service = oppositeOf(anyOf(knows.service, allOf(hasNone(SERVICE), oppositeOf(destination))));
  const entry = allOf(hasNone(SOURCE), enteredByOther);
  return {
    mayRead,
    hides: [
      // A namespace decides about itself: sums, which lack other fields, can tell it.
      { fields: [SOURCE], where: oppositeOf(anyOf(hasNone(SOURCE), knows.source)) },
      { fields: [DESTINATION], where: oppositeOf(anyOf(hasNone(DESTINATION), knows.destinationPod)) },
      { fields: [SERVICE], where: oppositeOf(anyOf(hasNone(SERVICE), knows.service)) },
      { fields: fieldsWithout(SOURCE, identityFields.source), where: source },
      { fields: fieldsWithout(DESTINATION, identityFields.destination), where: destination },
      { fields: fieldsWithout(SERVICE, identityFields.service), where: service },
      { fields: entryFields, where: entry },
      { fields: exporterFields, where: anyOf(source, destination, service, entry) },
    ],
  };
}

const fieldsWithout = (name: FieldName, fields: readonly FieldName[]): FieldName[] =>
  fields.filter((field) => field !== name);
