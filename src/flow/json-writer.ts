import { elementsOf, type FieldName, fieldNames, fieldOf } from './fields.ts';
import type { FlowBatch } from './flow-batch.ts';
import { isAbsent, isUnset } from './ip-address.ts';
import { exactNumber, isUntold, timeOrNumber, zeroMatters } from './record.ts';
import {
  type ByteBuffer,
  Literal,
  NamedValues,
  writeAddress,
  writeDecimal,
  writeTime,
} from './text/index.ts';

/** Writes `,"key":value` where the row has a value in the field. */
type FieldWriter = (row: number, into: ByteBuffer) => void;
type Quote = (text: string) => string;

const QUOTE = 0x22;
const BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** Writes rows of batches as JSON objects: the same text as `JSON.stringify(recordToJson(batch.at(row)))`. */
export class JsonWriter {
  readonly #makers: readonly ((batch: FlowBatch) => FieldWriter)[];
  #writers: readonly FieldWriter[] = [];

  /** @param quote turns a name into a JSON string */
  constructor(quote: Quote = JSON.stringify) {
    this.#makers = fieldNames.map((name) => makerOf(name, quote));
  }

  /** Must be called before the rows of a batch. */
  bind(batch: FlowBatch): void {
    this.#writers = this.#makers.flatMap((maker, i) => (batch.has(fieldNames[i]!) ? maker(batch) : []));
  }

  write(row: number, into: ByteBuffer): void {
    const start = into.length;
    for (let i = 0; i < this.#writers.length; i++) this.#writers[i]!(row, into);
    if (into.length === start) into.appendText('{');
    else into.bytes[start] = BRACE; // in place of the first comma
    into.reserve(1);
    into.bytes[into.length++] = CLOSING_BRACE;
  }
}

function makerOf(name: FieldName, quote: Quote): (batch: FlowBatch) => FieldWriter {
  const { storage, zeroIsAbsent } = fieldOf(name);
  const key = keyOf(name);
  switch (storage) {
    case 'string':
      return stringMaker(name, key, quote);
    case 'address': {
      const isNone = zeroIsAbsent === true ? isUnset : isAbsent;
      return ({ columns }) => {
        const words = columns[name] as Uint32Array;
        return (row, into) => {
          const at = row * 4;
          if (isNone(words, at)) return;
          appendLiteral(into, key);
          into.bytes[into.length++] = QUOTE;
          writeAddress(into, words, at);
          into.bytes[into.length++] = QUOTE;
        };
      };
    }
    case 'time':
      return ({ columns }) => {
        const column = columns[name];
        return (row, into) => {
          const ms = column[row]!;
          if (Number.isNaN(ms)) return;
          appendLiteral(into, key);
          if (!(ms >= 0 && ms < 2 ** 47)) into.appendText(JSON.stringify(timeOrNumber(ms)));
          else {
            into.bytes[into.length++] = QUOTE;
            writeTime(into, ms);
            into.bytes[into.length++] = QUOTE;
          }
        };
      };
    case 'unsigned64':
      return ({ columns }) => {
        const column = columns[name];
        return (row, into) => {
          const value = column[row]!;
          if (Number.isNaN(value)) return;
          appendLiteral(into, key);
          if (value <= Number.MAX_SAFE_INTEGER) writeDecimal(into, value);
          else into.appendText(JSON.stringify(exactNumber(value)));
        };
      };
    default:
      return smallMaker(name, key);
  }
}

/** Encodes each name once for each dictionary. */
function stringMaker(name: FieldName, key: Literal, quote: Quote): (batch: FlowBatch) => FieldWriter {
  const values = new NamedValues((dictionary, id, into) => {
    appendLiteral(into, key);
    into.appendText(quote(dictionary.text(id)));
  });
  return ({ columns, dictionary }) => {
    values.bind(dictionary);
    const ids = columns[name] as Uint32Array;
    return (row, into) => {
      if (ids[row] !== 0) values.append(ids[row]!, into);
    };
  };
}

/** Numbers of up to 32 bits, in which zero mostly means "none", and enumerations. */
function smallMaker(name: FieldName, key: Literal): (batch: FlowBatch) => FieldWriter {
  const { enumeration } = fieldOf(name);
  const members: (Literal | undefined)[] = [];
  for (const [number, label] of enumeration?.names ?? []) {
    const member =
      enumeration!.key === undefined ? { [name]: label } : { [enumeration!.key]: label, [name]: number };
    members[number] = new Literal(`,${JSON.stringify(member).slice(1, -1)}`);
  }
  const isIcmp = name === 'icmpTypeCode';
  return (batch) => {
    const column = batch.columns[name];
    return (row, into) => {
      const value = column[row]!;
      if (value === 0 && !zeroMatters(batch.columns, name, row)) return;
      if (isIcmp && isUntold(name, value)) return;
      const member = members[value];
      if (member !== undefined) return appendLiteral(into, member);
      appendLiteral(into, isIcmp && batch.family(row) === 6 ? icmpv6Key : key);
      writeDecimal(into, value);
    };
  };
}

/** Reserves the key and enough for an address or a time in quotes. */
function appendLiteral(into: ByteBuffer, literal: Literal): void {
  into.reserve(literal.length + 64);
  into.appendLiteral(literal);
}

function keyOf(name: FieldName, family: 4 | 6 = 4): Literal {
  return new Literal(`,"${name === 'icmpTypeCode' ? elementsOf(name, family)[0]!.name : name}":`);
}

const icmpv6Key = keyOf('icmpTypeCode', 6);
