import { messageLengthAt, undecodedProtocolOf } from '../../ipfix/index.ts';
import { CaptureReader } from './capture-reader.ts';
import type { Captured } from './captured.ts';
import { FileReader } from './file-reader.ts';
import { FileSessions } from './file-sessions.ts';
import { isPcap, readPcap } from './pcap.ts';
import { isPcapng, readPcapng } from './pcapng.ts';

/**
 * The messages of a file, in its order. A pcap or pcapng file has those of IPFIX and NetFlow, a file of
 * messages (RFC 5655) those of IPFIX. The file may be a gzip file. In captures, messages on any port are
 * recognised by their header. On IPFIX's own port everything else is a fault.
 * @param path `-` for standard input
 * @throws the error of the file system
 */
export async function* readIpfixFile(path: string): AsyncGenerator<Captured> {
  await using file = await FileReader.open(path);
  const start = await file.peek(8);
  const undecoded = undecodedProtocolOf(start);
  if (isPcap(start)) yield* new CaptureReader().read(readPcap(file));
  else if (isPcapng(start)) yield* new CaptureReader().read(readPcapng(file));
  else if (messageLengthAt(start, 0) > 0) yield* readMessages(file);
  else if (undecoded !== undefined) yield { undecoded, exporter: undefined };
  else if (file.damage === undefined) {
    const text = 'neither a pcap or pcapng file nor a file of IPFIX messages';
    yield { offset: 0, reason: 'file-format-unknown', text };
  }
  if (file.damage !== undefined) {
    yield { offset: file.offset, reason: 'gzip-damaged', text: `the gzip file is damaged: ${file.damage}` };
  }
}

async function* readMessages(file: FileReader): AsyncGenerator<Captured> {
  const sessions = new FileSessions();
  for (;;) {
    const { offset } = file;
    const start = await file.peek(4);
    if (start.length === 0) return;
    const length = messageLengthAt(start, 0);
    if (length <= 0) {
      yield { offset, reason: 'message-header-invalid', text: 'the octets here do not begin a message' };
      return;
    }
    const octets = (await file.take(length)).slice();
    if (octets.length < length) {
      const text = `the file ends after ${octets.length} octets of a message of ${length}`;
      yield { offset, reason: 'message-truncated', text };
      return;
    }
    const session = sessions.take(octets);
    if (session !== undefined) yield { session, packet: undefined, timeMs: undefined, octets };
  }
}
