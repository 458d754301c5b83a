import type { Socket } from 'node:net';
import koffi from 'koffi';

/** The kernel's knowledge about a TCP connection's other end. */
export interface TcpInfo {
  /** Octets that the other host has acknowledged. */
  readonly acknowledgedOctets: number;
  /** Whether a retransmission or probe has had no answer yet. */
  readonly isUnanswered: boolean;
  /** Octets that the other host will take now. */
  readonly windowOctets: number;
}

/*
 * struct tcp_info of linux/tcp.h, as in Linux 5.4; later ones are longer:
 *
 *     … | retransmits (1 at 2) | probes (1 at 3) | … | bytes_acked (8 at 120) | … | snd_wnd (4 at 228)
 *
 * retransmits and probes count packets since the last answer.
 */
const INFO_OCTETS = 232;
const IPPROTO_TCP = 6;
const TCP_INFO = 11;

type GetSockOpt = (fd: number, level: number, name: number, value: Uint8Array, octets: Uint8Array) => number;

let getsockopt: GetSockOpt | undefined;
const info = new Uint8Array(INFO_OCTETS);
const view = new DataView(info.buffer);
const size = new Uint8Array(Uint32Array.of(INFO_OCTETS).buffer);

/** Undefined for a closed socket, and on systems other than Linux. */
export function tcpInfoOf(socket: Socket): TcpInfo | undefined {
  // Node has no public way to a socket's descriptor; without it nothing is known.
  const fd = (socket as { _handle?: { fd?: number } | null })._handle?.fd;
  if (fd === undefined || fd < 0 || process.platform !== 'linux') return undefined;
  getsockopt ??= koffi
    .load(null)
    .func('int getsockopt(int fd, int level, int name, void *value, void *octets)') as GetSockOpt;
  new DataView(size.buffer).setUint32(0, INFO_OCTETS, true);
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, size) !== 0) return undefined;
  if (new DataView(size.buffer).getUint32(0, true) < INFO_OCTETS) return undefined;
  return {
    acknowledgedOctets: Math.max(0, Number(view.getBigUint64(120, true)) - 1), // the SYN counts as one
    isUnanswered: info[2]! > 0 || info[3]! > 0,
    windowOctets: view.getUint32(228, true),
  };
}
