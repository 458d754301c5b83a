import { describe, expect, it } from 'vitest';
import { batchOf, type FieldName } from '../../src/flow/index.ts';
import { frameOf, SEGMENT_HEADER_OCTETS } from '../../src/sinks/index.ts';
import { encodeFrameHeader } from '../../src/sinks/spool/frame.ts';
import { DecodedFrames } from '../../src/store/decoded-frames.ts';
import { segmentContent } from '../../src/store/stored-segment.ts';

const SEGMENT = 7;

/** A frame of some rows, with its header in a segment. */
function made(flowId: number, rows = 4) {
  const record = { flowId, sourcePodName: `pod-${flowId}`, octetDeltaCount: 7, destinationNodeName: 'node' };
  const frame = frameOf(batchOf(Array.from({ length: rows }, () => record)), flowId * 1_000);
  return { frame, header: encodeFrameHeader(frame, SEGMENT) };
}

const fieldsOf = (...names: FieldName[]): ReadonlySet<FieldName> => new Set(names);

describe('decoded frames', () => {
  it('are the same batch for the next reading, which may want fewer fields', () => {
    const frames = new DecodedFrames(1_000_000);
    const { header, frame } = made(1);
    const batch = frames.batchOf(header, frame, fieldsOf('flowId', 'sourcePodName'))!;
    frames.beginReading();
    expect(frames.batchOf(header, frame, fieldsOf('flowId'))).toBe(batch);
    expect(batch.at(0)).toEqual({ ...batch.at(0), flowId: 1, sourcePodName: 'pod-1' });
    expect(batch.has('octetDeltaCount')).toBe(false);
  });

  it('get the fields that were not wanted before, and keep the others', () => {
    const frames = new DecodedFrames(1_000_000);
    const { header, frame } = made(1);
    frames.batchOf(header, frame, fieldsOf('flowId'));
    const batch = frames.batchOf(header, frame, fieldsOf('destinationNodeName'))!;
    expect([batch.has('flowId'), batch.has('destinationNodeName'), batch.has('sourcePodName')]).toEqual([
      true,
      true,
      false,
    ]);
    expect(frames.batchOf(header, frame, fieldsOf('flowId', 'destinationNodeName'))).toBe(batch);
  });

  it('are known by their octets and their segment', () => {
    const frames = new DecodedFrames(1_000_000);
    const { header, frame } = made(1, 4);
    const batch = frames.batchOf(header, frame, fieldsOf('flowId'))!;
    const other = frameOf(batchOf([{ flowId: 2 }, {}, {}, {}]), frame.timeMs);
    const changed = frames.batchOf(encodeFrameHeader(other, SEGMENT), other, fieldsOf('flowId'))!;
    expect([batch.at(0).flowId, changed.at(0).flowId]).toEqual([1, 2]);
    const elsewhere = frames.batchOf(encodeFrameHeader(frame, SEGMENT + 1), frame, fieldsOf('flowId'))!;
    expect([elsewhere === batch, elsewhere.at(0).flowId]).toEqual([false, 1]);
  });

  it('stay within their bound: those of earlier readings go first, then new ones are not kept', () => {
    const one = new DecodedFrames(Number.POSITIVE_INFINITY);
    one.batchOf(made(1).header, made(1).frame, fieldsOf('flowId'));
    const frames = new DecodedFrames(3.5 * one.octets);
    const all = [1, 2, 3, 4, 5].map((flowId) => made(flowId));
    const read = (from: number) => {
      frames.beginReading();
      return all.slice(from).map(({ header, frame }) => {
        const batch = frames.batchOf(header, frame, fieldsOf('flowId'))!;
        expect(frames.octets).toBeLessThanOrEqual(3.5 * one.octets);
        return batch;
      });
    };
    const isSame = (some: unknown[], others: unknown[]) => some.map((each, i) => each === others[i]);
    const first = read(0);
    const second = read(0);
    expect(isSame(first, second)).toEqual([true, true, true, false, false]);
    const third = read(2);
    expect(isSame(third, second.slice(2))).toEqual([true, false, false]);
    expect(isSame(third, read(2))).toEqual([true, true, true]);
  });
});

describe('a segment, asked for some times', () => {
  it('has the batches of these times, and counts the records of all', async () => {
    const all = [1, 2, 3].map((flowId) => made(flowId));
    const octets = Buffer.concat([
      Buffer.alloc(SEGMENT_HEADER_OCTETS),
      ...all.flatMap(({ header, frame }) => [header, frame.payload]),
    ]);
    const wanted = {
      fields: fieldsOf('flowId'),
      isAsked: (timeMs: number) => timeMs === 2_000,
      decoded: new DecodedFrames(1_000_000),
    };
    const content = await segmentContent(octets, SEGMENT, undefined, wanted);
    expect(content.batches.map(({ batch, timeMs }) => [batch.at(0).flowId, timeMs])).toEqual([[2, 2_000]]);
    const { records, oldestMs, newestMs, damage } = content;
    expect([records, oldestMs, newestMs, damage]).toEqual([12, 1_000, 3_000, undefined]);
    octets[octets.length - 1]! ^= 1;
    expect((await segmentContent(octets, SEGMENT, undefined, wanted)).damage?.records).toBe(4);
  });
});
