import { ByteBuffer } from '../../flow/index.ts';
import { lengthKey, type StreamPart, selectorOf, varintOctets, writePair } from '../flow-lines/index.ts';
import { ProtobufReader } from './protobuf-reader.ts';
import { labelsOf } from './selector-labels.ts';

const ENTRIES = lengthKey(2);

/**
 * Moves lines to a stream with only the labels `kept`, when Loki has no room for theirs. The other labels
 * become structured metadata, so nothing is lost. Undefined when the lines are in that stream already.
 */
export function inFallbackStream(part: StreamPart, kept: ReadonlySet<string>): StreamPart | undefined {
  const labels = Object.entries(labelsOf(part.selector));
  const moved = labels.filter(([name]) => !kept.has(name));
  if (moved.length === 0) return undefined;
  const pairs = new ByteBuffer(256);
  for (const [name, value] of moved) writePair(pairs, name, value);
  const entries = new ByteBuffer(part.entries.length + part.count * (pairs.length + 4));
  for (const { content } of new ProtobufReader(part.entries).fields()) {
    const head = Uint8Array.from([ENTRIES, ...varintOctets(content.length + pairs.length)]);
    for (const piece of [head, content, pairs.written]) entries.append(piece, 0, piece.length);
  }
  const selector = selectorOf(Object.fromEntries(labels.filter(([name]) => kept.has(name))));
  return { selector, entries: entries.written, count: part.count };
}
