import { AttributeCursor, MessageCursor } from './cursor.ts';
import { NetlinkError } from './errors.ts';
import { NLMSG_DONE, NLMSG_ERROR } from './nfnetlink.ts';
import { type NetlinkSocket, OVERRUN, TIMED_OUT } from './socket.ts';

/** Large enough for every datagram of a dump (32 KiB). */
const ANSWER_OCTETS = 65_536;
const NLM_F_CAPPED = 0x100;
const NLM_F_ACK_TLVS = 0x200;
const NLMSGERR_ATTR_MSG = 1;

/** Sends a request with NLM_F_ACK and waits for the kernel's answer; throws the kernel's error. */
export function sendRequest(socket: NetlinkSocket, what: string, bytes: Uint8Array): void {
  readDump(socket, what, bytes, () => {});
}

/**
 * Sends a request and passes each message of the answer to the callback until its end: NLMSG_DONE of a dump,
 * or the acknowledgement that the request asked for. For answers that are rare and small; the connection dump
 * has its own loop.
 *
 * @param what for the error's text, such as "adding the table weir"
 */
export function readDump(
  socket: NetlinkSocket,
  what: string,
  bytes: Uint8Array,
  onMessage: (message: MessageCursor) => void,
): void {
  socket.send(bytes);
  const answer = new Uint8Array(ANSWER_OCTETS);
  const message = new MessageCursor();
  for (;;) {
    message.open(answer, receiveAnswer(socket, what, answer));
    while (message.next()) {
      if (message.type === NLMSG_ERROR || message.type === NLMSG_DONE) {
        expectAcknowledgement(message, what);
        return;
      }
      onMessage(message);
    }
  }
}

/**
 * Reads an NLMSG_ERROR or NLMSG_DONE and throws if it has an error:
 *
 *     error (32, host order, 0 or -errno) | nlmsghdr of the request, and its payload unless NLM_F_CAPPED |
 *       attributes if NLM_F_ACK_TLVS
 */
export function expectAcknowledgement(message: MessageCursor, what: string): void {
  const { bytes, start, end } = message;
  if (end - start < 4) return;
  const errno = -new DataView(bytes.buffer, bytes.byteOffset + start, 4).getInt32(0, true);
  if (errno > 0) throw NetlinkError.fromErrno(what, errno, extendedText(message));
}

function extendedText(message: MessageCursor): string {
  if ((message.flags & NLM_F_ACK_TLVS) === 0 || message.type !== NLMSG_ERROR) return '';
  const { bytes, start, end } = message;
  if (end - start < 20) return '';
  const requestOctets = new DataView(bytes.buffer, bytes.byteOffset + start + 4, 4).getUint32(0, true);
  const skipped = (message.flags & NLM_F_CAPPED) !== 0 ? 16 : (requestOctets + 3) & ~3;
  const attribute = new AttributeCursor().open(bytes, Math.min(start + 4 + skipped, end), end);
  while (attribute.next()) if (attribute.type === NLMSGERR_ATTR_MSG) return attribute.text();
  return '';
}

function receiveAnswer(socket: NetlinkSocket, what: string, answer: Uint8Array): number {
  const octets = socket.receive(answer);
  if (octets === TIMED_OUT) throw NetlinkError.fromErrno(what, 'EAGAIN');
  if (octets === OVERRUN) throw NetlinkError.fromErrno(what, 'ENOBUFS');
  return octets;
}
