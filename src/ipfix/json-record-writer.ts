import {
  type ByteBuffer,
  type FlowBatch,
  IPV4_MAPPED,
  Literal,
  NamedValues,
  writeAddress,
  writeDecimal,
  writeTime,
} from '../flow/index.ts';
import { printableJson } from '../runtime/index.ts';
import { isBlankWith, isUid, type RecordContents } from './record-contents.ts';
import { columnOf, type Template, type TemplateField } from './wire/index.ts';

/** Writes the value of one element. */
type ValueWriter = (row: number, into: ByteBuffer) => void;
type Maker = (batch: FlowBatch) => ValueWriter;

const QUOTE = 0x22;
const start = new Literal('{"@timestamp":"');
const betweenTimeAndRecord = new Literal('","ipfix":{');
const end = new Literal('}}\n');
const noAddress = new Literal('0.0.0.0');
const noText = new Literal('""');

/**
 * Writes records of a template as the reference system's JSON: the time of the line, and the elements of
 * the template by name. A value is a number, an address or a string; a missing one is 0, 0.0.0.0,
 * :: or an empty string, as in IPFIX. UIDs are left out.
 */
export class JsonRecordWriter {
  readonly #makers: readonly Maker[];
  readonly #names = new NamedValues((dictionary, id, into) =>
    into.appendText(printableJson(dictionary.text(id))),
  );
  #writers: readonly ValueWriter[] = [];

  constructor(template: Template, contents: RecordContents) {
    const isBlank = isBlankWith(contents);
    this.#makers = template.fields
      .filter(({ element }) => !isUid(element.name))
      .map((field, index) =>
        withKey(
          index,
          field,
          isBlank(field) ? () => (_, into) => into.appendLiteral(noText) : this.#makerOf(field),
        ),
      );
  }

  /** Must be called before the rows of a batch. */
  bind(batch: FlowBatch): void {
    this.#names.bind(batch.dictionary);
    this.#writers = this.#makers.map((maker) => maker(batch));
  }

  /** @param timeMs of the line, since 1970 */
  writeLine(row: number, timeMs: number, into: ByteBuffer): void {
    into.appendLiteral(start);
    writeTime(into, timeMs);
    into.appendLiteral(betweenTimeAndRecord);
    for (let i = 0; i < this.#writers.length; i++) this.#writers[i]!(row, into);
    into.appendLiteral(end);
  }

  #makerOf({ element }: TemplateField): Maker {
    const { name, storage } = columnOf(element)!;
    switch (storage) {
      case 'address':
        return ({ columns }) => addressWriter(columns[name] as Uint32Array, element.type === 'ipv4Address');
      case 'string':
        return ({ columns }) => {
          const ids = columns[name];
          return (row, into) => this.#names.append(ids[row]!, into);
        };
      case 'time':
        return ({ columns }) => timeWriter(columns[name], element.type === 'dateTimeSeconds' ? 1_000 : 1);
      default:
        return ({ columns }) => {
          const column = columns[name];
          return (row, into) => writeDecimal(into, column[row]! || 0); // NaN is no value
        };
    }
  }
}

/** Writes the name of the element before its value. */
function withKey(index: number, { element }: TemplateField, maker: Maker): Maker {
  const key = new Literal(`${index === 0 ? '' : ','}"${element.name}":`);
  return (batch) => {
    const write = maker(batch);
    return (row, into) => {
      into.appendLiteral(key);
      write(row, into);
    };
  };
}

const addressWriter =
  (words: Uint32Array, isIPv4: boolean): ValueWriter =>
  (row, into) => {
    into.reserve(64);
    into.bytes[into.length++] = QUOTE;
    if (isIPv4 && words[row * 4 + 2] !== IPV4_MAPPED) into.appendLiteral(noAddress);
    else writeAddress(into, words, row * 4);
    into.reserve(1);
    into.bytes[into.length++] = QUOTE;
  };

/** Whole units since 1970. */
const timeWriter =
  (column: ArrayLike<number>, msPerUnit: number): ValueWriter =>
  (row, into) => {
    const value = Math.floor(column[row]! / msPerUnit);
    writeDecimal(into, value > 0 ? value : 0);
  };
