import { Protocol } from '../../flow/enumerations.ts';
import { DirectionFlag } from '../connection-direction.ts';

const SYN = 0x02;
const ACK = 0x10;

/** Maps the type of an ICMP reply to that of its query (RFC 792, 950, 4443). */
const questions: ReadonlyMap<number, number> = new Map([
  [0, 8],
  [14, 13],
  [16, 15],
  [18, 17],
  [129, 128],
]);
const isQuestion: ReadonlySet<number> = new Set(questions.values());

/**
 * What a denied packet shows about who opened its flow, as a `DirectionFlag`; 0 when it shows nothing. A
 * packet that opens is from the source. A packet that answers is from the destination: its firewall, or the
 * source's, denies answers.
 */
export function openingOf(protocol: number, tcpControlBits: number, icmpTypeCode: number): number {
  const isSent = DirectionFlag.settled | DirectionFlag.initiator;
  if (protocol === Protocol.tcp) {
    if ((tcpControlBits & SYN) === 0) return 0;
    return (tcpControlBits & ACK) === 0 ? isSent : isSent | DirectionFlag.turned;
  }
  if (protocol !== Protocol.icmp && protocol !== Protocol.icmpv6) return 0;
  const type = icmpTypeCode >>> 8;
  if (isQuestion.has(type)) return isSent;
  return questions.has(type) ? isSent | DirectionFlag.turned : DirectionFlag.settled;
}

/** ICMP type times 256 of the query that a message with this type answers. */
export const questionOf = (icmpTypeCode: number): number => (questions.get(icmpTypeCode >>> 8) ?? 0) << 8;
