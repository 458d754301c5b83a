import {
  ByteBuffer,
  type FieldName,
  type FlowBatch,
  fieldOf,
  NamedValues,
  NO_ICMP_TYPE,
  Protocol,
  RuleAction,
  verdictOf,
  workloadLength,
} from '../../flow/index.ts';
import { COMMUNITY_ID_LENGTH, writeCommunityId } from './community-id.ts';
import { Pair, ShortPair, writePair } from './label-pair.ts';
import { type DerivedField, isStored, type LogField } from './log-layout.ts';
import { loggedName } from './logged-name.ts';
import { observerName, reportedBy, rowValue } from './row-values.ts';

/** Writes an entry's pair of one field, if the row has a value. */
type PairWriter = (row: number, into: ByteBuffer) => void;

/** Writes the structured metadata of entries. */
export class MetadataWriter {
  readonly #makers: readonly ((batch: FlowBatch) => PairWriter | undefined)[];
  #writers: readonly PairWriter[] = [];

  constructor(fields: readonly LogField[]) {
    this.#makers = fields.map((name) => (isStored(name) ? fieldMaker(name) : derivedMakers[name](name)));
  }

  /** Call before the rows of a batch. */
  bind(batch: FlowBatch): void {
    this.#writers = this.#makers.flatMap((maker) => maker(batch) ?? []);
  }

  write(row: number, into: ByteBuffer): void {
    for (let i = 0; i < this.#writers.length; i++) this.#writers[i]!(row, into);
  }
}

type Maker = (batch: FlowBatch) => PairWriter | undefined;

function fieldMaker(name: FieldName): Maker {
  const { storage, enumeration } = fieldOf(name);
  if (storage === 'string') return nameMaker(name, name, (value) => value);
  if (enumeration !== undefined) return enumerationMaker(name, enumeration.names);
  const pair = new ShortPair(name);
  return (batch) => {
    if (!batch.has(name)) return undefined;
    const { has, write } = rowValue(batch, name);
    return (row, into) => {
      if (!has(row)) return;
      const from = pair.open(into);
      write(row, into);
      pair.close(into, from);
    };
  };
}

/** A pair whose value derives from a name. */
function nameMaker(field: FieldName, key: string, toValue: (name: Uint8Array) => Uint8Array): Maker {
  const pair = new Pair(key);
  const values = new NamedValues((dictionary, id, into) =>
    pair.write(into, toValue(loggedName(dictionary, id))),
  );
  return (batch) => {
    if (!batch.has(field)) return undefined;
    values.bind(batch.dictionary);
    const ids = batch.columns[field];
    return (row, into) => {
      if (ids[row] !== 0) values.append(ids[row]!, into);
    };
  };
}

/** The workload that the cluster knows; else what the Pod's name says. */
function workloadMaker(end: 'source' | 'destination', key: string): Maker {
  const known = nameMaker(`${end}WorkloadName`, key, (name) => name);
  const guessed = nameMaker(`${end}PodName`, key, workloadOf);
  return (batch) => {
    const [writeKnown, writeGuessed] = [known(batch), guessed(batch)];
    if (writeKnown === undefined) return writeGuessed;
    const ids = batch.columns[`${end}WorkloadName`];
    return (row, into) => (ids[row] === 0 ? writeGuessed?.(row, into) : writeKnown(row, into));
  };
}

function enumerationMaker(name: FieldName, names: ReadonlyMap<number, string>): Maker {
  const pairs: Uint8Array[] = [];
  for (let number = 1; number < 256; number++)
    pairs[number] = encodedPair(name, names.get(number) ?? String(number));
  return (batch) => {
    if (!batch.has(name)) return undefined;
    const column = batch.columns[name];
    return (row, into) => {
      const pair = pairs[column[row]!];
      if (pair !== undefined) into.append(pair, 0, pair.length);
    };
  };
}

function encodedPair(key: string, value: string): Uint8Array {
  const pair = new ByteBuffer(64);
  writePair(pair, key, value);
  return pair.written;
}

const derivedMakers: Record<DerivedField, (key: DerivedField) => Maker> = {
  verdict: (key) => {
    const pairs = ['', 'Allow', 'Drop', 'Reject'].map((value) => encodedPair(key, value));
    return (batch) => (row, into) => {
      const verdict = verdictOf(batch, row);
      if (verdict !== RuleAction.none) into.append(pairs[verdict]!, 0, pairs[verdict]!.length);
    };
  },
  observedBy: (key) => {
    const pairs = {
      source: encodedPair(key, 'source'),
      destination: encodedPair(key, 'destination'),
      both: encodedPair(key, 'both'),
    };
    return (batch) => {
      const [bySource, byDestination] = [reportedBy(batch, true), reportedBy(batch, false)];
      return (row, into) => {
        const observer = observerName(bySource(row), byDestination(row));
        if (observer !== undefined) into.append(pairs[observer], 0, pairs[observer].length);
      };
    };
  },
  sourceWorkload: (key) => workloadMaker('source', key),
  destinationWorkload: (key) => workloadMaker('destination', key),
  communityId: (key) => {
    const pair = encodedPair(key, `1:${'-'.repeat(COMMUNITY_ID_LENGTH)}`);
    return ({ columns }) =>
      (row, into) => {
        const { sourceIP, destinationIP, protocolIdentifier, icmpTypeCode } = columns;
        const protocol = protocolIdentifier[row]!;
        const isIcmp = protocol === Protocol.icmp || protocol === Protocol.icmpv6;
        if (isIcmp && icmpTypeCode[row] === NO_ICMP_TYPE) return;
        const from = isIcmp ? icmpTypeCode[row]! >>> 8 : columns.sourceTransportPort[row]!;
        const to = isIcmp ? icmpTypeCode[row]! & 255 : columns.destinationTransportPort[row]!;
        into.append(pair, 0, pair.length);
        writeCommunityId(
          into.bytes,
          into.length - COMMUNITY_ID_LENGTH,
          sourceIP,
          destinationIP,
          row * 4,
          protocol,
          from,
          to,
        );
      };
  },
};

/** Of a Pod's name, which is ASCII in Kubernetes. */
function workloadOf(podName: Uint8Array): Uint8Array {
  const text = Buffer.from(podName).toString();
  return Buffer.from(text.slice(0, workloadLength(text)));
}
