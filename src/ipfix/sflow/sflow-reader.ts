import { type MessageFormat, type MessageReader, reportError } from '../wire/index.ts';
import { readFlowSample } from './flow-sample.ts';
import { packetTemplateOf, writePacket } from './sample-record.ts';
import { SampledPacket } from './sampled-packet.ts';
import { agentAt, sampleHeaderOctets, sflowHeaderOctetsAt } from './sflow-datagram.ts';

/** Formats of samples. An expanded one has room for interfaces with a number above 2^24. */
const Format = { flow: 1, counters: 2, expandedFlow: 3, expandedCounters: 4 } as const;

/** Octets of the header from the sub-agent id on. */
const HEADER_END = 16;

/** The packet of the current sample. It is written into a record before anything else is read. */
const packet = new SampledPacket();

/**
 * Datagrams of sFlow version 5. Each flow sample becomes a record of one packet, written into the reader's
 * scratch by a template of ours. Samples that lie within the datagram are read, also when the header
 * announces another number. Samples of counters are skipped.
 */
export const sflowFormat: MessageFormat = {
  open(message) {
    const { sets, start, handler } = message;
    const { end } = sets;
    const length = sets.left;
    const headerOctets = sflowHeaderOctetsAt(sets.bytes, start, end);
    if (headerOctets === 0) {
      const text = `${length} octets are not a datagram of sFlow version 5, or end within its header`;
      handler.error({ offset: 0, reason: 'message-header-truncated', text });
      return false;
    }
    sets.skip(headerOctets - HEADER_END);
    const domain = sets.unsigned32();
    const sequenceNumber = sets.unsigned32();
    const uptimeMs = sets.unsigned32();
    const announced = sets.unsigned32();
    const { arrivalSeconds: exportTimeSeconds } = message;
    message.header = { length, exportTimeSeconds, sequenceNumber, domain, sflow: { uptimeMs } };
    const present = skipSamples(message, announced);
    handler.header?.(message.header);
    const place = { offset: sets.offset - start };
    if (announced > present) {
      const text = `the datagram announces ${announced} samples, but has only ${present}`;
      reportError(message, place, 'record-truncated', text);
    } else if (sets.left > 0) {
      const text = `${sets.left} octets follow the ${announced} samples that the datagram announces`;
      reportError(message, place, 'trailing-octets', text);
    }
    sets.end = sets.offset;
    sets.offset = start + headerOctets;
    return true;
  },
  readSet,
};

/** Advances past the announced samples that are whole. @returns their number */
function skipSamples({ sets }: MessageReader, announced: number): number {
  for (let samples = 0; samples < announced; samples++) {
    if (!sets.has(sampleHeaderOctets)) return samples;
    const { offset } = sets;
    sets.skip(4);
    const length = sets.unsigned32();
    if (!sets.has(length)) {
      sets.offset = offset;
      return samples;
    }
    sets.skip(length);
  }
  return announced;
}

/** format (4): enterprise (20 bits), number (12 bits) | length (4) | … */
function readSet(message: MessageReader): void {
  const { sets, handler, start, header, scratch } = message;
  const offset = sets.offset - start;
  const format = sets.unsigned32();
  const sample = sets.within(sets.unsigned32());
  if (format === Format.counters || format === Format.expandedCounters) {
    handler.skippedSample?.('counter samples');
    return;
  }
  if (format !== Format.flow && format !== Format.expandedFlow) {
    handler.skippedSample?.('samples of other formats');
    return;
  }
  const isWhole = readFlowSample(sample, format === Format.expandedFlow, packet);
  if (isWhole !== undefined) handler.sample?.(packet, isWhole);
  if (!isWhole) {
    const text = `a part of the flow sample exceeds its ${sample.end - offset - start - sampleHeaderOctets} octets`;
    reportError(message, { offset }, 'record-truncated', text);
    return;
  }
  if (!packet.isShown) {
    handler.skippedSample?.('samples without a packet');
    return;
  }
  const agent = sets.bytes[start + agentAt - 1] === 1 ? 4 : 6;
  scratch.offset = 0;
  writePacket(scratch, sets.bytes, agent, start + agentAt, packet);
  const template = packetTemplateOf(agent, packet);
  const { bytes, offset: end } = scratch;
  handler.data({ header, template, bytes, messageStart: 0, offset: 0, end });
}
