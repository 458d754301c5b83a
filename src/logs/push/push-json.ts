import type { LineBatch } from './line-batch.ts';
import { type ProtobufField, ProtobufReader } from './protobuf-reader.ts';
import { labelsOf } from './selector-labels.ts';

/** Encodes a push as JSON, for gateways without protobuf. */
export function toJson(batch: LineBatch): string {
  const streams = batch.parts.map(({ selector, entries }) => ({
    stream: labelsOf(selector),
    values: [...new ProtobufReader(entries).fields()].map(({ content }) => entryOf(content)),
  }));
  return JSON.stringify({ streams });
}

/** Time in nanoseconds, line, structured metadata. */
type JsonEntry = [timeNs: string, line: string, metadata: Record<string, string>];

function entryOf(content: Uint8Array): JsonEntry {
  const [timestamp, line, ...pairs] = new ProtobufReader(content).fields();
  return [timeOf(timestamp!), textOf(line!), Object.fromEntries(pairs.map(pairOf))];
}

function timeOf({ content }: ProtobufField): string {
  const [seconds, nanoseconds] = new ProtobufReader(content).fields();
  return `${seconds!.value}${String(nanoseconds!.value).padStart(9, '0')}`;
}

function pairOf({ content }: ProtobufField): [name: string, value: string] {
  const [name, value] = new ProtobufReader(content).fields();
  return [textOf(name!), textOf(value!)];
}

const decoder = new TextDecoder();
const textOf = ({ content }: ProtobufField): string => decoder.decode(content);
