import { BATCH_OCTETS, PacketBatch } from '../../src/exporter/denied/packet-batch.ts';
import { PacketParser } from '../../src/exporter/denied/packet-parser.ts';
import {
  MessageBuilder,
  MessageCursor,
  messageType,
  NFNL_SUBSYS_ULOG,
} from '../../src/exporter/netlink/index.ts';
import { parseAddress } from '../../src/flow/index.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));

/** Datagrams as the kernel (6.18) sent them for packets that nftables rules logged and denied. */
export const datagrams = {
  /** `tcp … log group 5 prefix "drop input:all"` in an input chain. */
  tcp: hex(
    'c800000000040000000000000000000002000005080001000800010013000a0064726f7020696e7075743a616c6c00000800040000000002' +
      '1000080000060000debeaca931ca000006000f000001000006001100000e0000120010002eed0724d9fbdebeaca931ca080000001400030000' +
      '0000006b02ac7e00000000000e8a2608000c0000000000400009004500003c301540004006f6a40a0000010a000002b61e00635246429f0000' +
      '0000a002faf0ca170000020405b40402080a4923da67000000000103030a',
  ),
  udp6: hex(
    'c40000000004000000000000000000000a0000050800010086dd010013000a0064726f7020696e7075743a616c6c00000800040000000002' +
      '1000080000060000debeaca931ca000006000f000001000006001100000e0000120010002eed0724d9fbdebeaca931ca86dd00001400030000' +
      '0000006b02ac7f000000000007b45208000c00000000013a0009006000ad36000e1140fd000000000000000000000000000001fd0000000000' +
      '00000000000000000002b6ca0035000e0af668616c6c6f0a0000',
  ),
  ping: hex(
    'e000000000040000000000000000000002000005080001000800010013000a0064726f7020696e7075743a616c6c00000800040000000002' +
      '1000080000060000debeaca931ca000006000f000001000006001100000e0000120010002eed0724d9fbdebeaca931ca080000001400030000' +
      '0000006b02ac7f00000000000d81a608000c000000000258000900450000540caf4000400119f80a0000010a0000020800a801109200017fac' +
      '026b00000000f1800d0000000000101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637',
  ),
  /** An echo request that `log prefix "[UFW BLOCK] "` logged. */
  ping6: hex(
    'f40000000004000000000000000000000a0000050800010086dd010011000a005b55465720424c4f434b5d20000000000800040000000002' +
      '1000080000060000debeaca931ca000006000f000001000006001100000e0000120010002eed0724d9fbdebeaca931ca86dd00001400030000' +
      '0000006b02ac80000000000005b7f208000c00000000036c0009006000c73600403a40fd000000000000000000000000000001fd0000000000' +
      '0000000000000000000280' +
      '00524b1092000180ac026b00000000dbb7050000000000101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637',
  ),
  /** In an output chain: the kernel gives no time, and the user and group that sent it. */
  output: hex(
    '6c00000000040000000000000000000002000006080001000800030008000a006f757400080005000000000208000b000000000008000e0000' +
      '00000008000c000000000026000900450000221f0f4000401107ba0a0000020a000001e3df0007000ec41068616c6c6f0a0000',
  ),
  /** Two packets and the NLMSG_DONE that closes a datagram of several. */
  two: hex(
    'ac00000000040000000000000000000002000005080001000800010013000a0064726f7020696e7075743a616c6c00000800040000000002' +
      '1000080000060000debeaca931ca000006000f000001000006001100000e0000120010002eed0724d9fbdebeaca931ca080000001400030000' +
      '0000006b02ac81000000000003e80408000c0000000005220009004500001e87de400040119eee0a0000010a00000280470035000a0a51610a' +
      '0000ac00000000040000000000000000000002000005080001000800010013000a0064726f7020696e7075743a616c6c000008000400000000' +
      '021000080000060000debeaca931ca000006000f000001000006001100000e0000120010002eed0724d9fbdebeaca931ca0800000014000300' +
      '000000006b02ac81000000000003e84808000c0000000006230009004500001f04ba4000401122120a0000010a000002e71c0035000b982062' +
      '630a001400000003000000000000000000000000000005',
  ),
  /** A frame of VLAN 7 in a netdev ingress chain, padded to the shortest Ethernet frame. */
  vlan: hex(
    'ec00000000040000000000000000000005000005080001000800000009000a00766c616e00000000080004000000000210000800000600000200' +
      '00000001000006000f000001000006001100000e000012001000ffffffffffff0200000000010800000014000300000000006b02ac82000000' +
      '0000034a4308000b000000000008000e000000000008000c0000000007140014800600020060070000060001008100000012001500ffffffff' +
      'ffff02000000000108000000320009004500001d00010000401100000a0700010a07000203e800350009000078000000000000000000000000' +
      '00000000000000',
  ),
} as const;

export const emptyBatch = (): PacketBatch => new PacketBatch(new ArrayBuffer(BATCH_OCTETS)).clear();

/** Parses every packet message of a datagram into the batch. */
export function parseDatagram(
  datagram: Uint8Array,
  batch: PacketBatch,
  parser: PacketParser = new PacketParser(),
  receivedMs = 0,
): void {
  const message = new MessageCursor().open(datagram, datagram.length);
  while (message.next()) {
    if (message.type === messageType(NFNL_SUBSYS_ULOG, 0)) parser.parse(message, batch, receivedMs);
  }
}

/** Outcome and row of one IP packet's octets, as an input rule logs them; `undefined` when it was dropped. */
export function packetMessage(
  payload: Uint8Array,
  {
    group = 5,
    prefix = '',
    hook = 1,
    etherType = payload[0]! >> 4 === 6 ? 0x86dd : 0x0800,
    family = 2,
    sequence = 0,
  } = {},
): Uint8Array {
  return new MessageBuilder()
    .message(messageType(NFNL_SUBSYS_ULOG, 0), 0, 0, family, group)
    .bytes(1, Uint8Array.of(etherType >> 8, etherType & 255, hook, 0))
    .text(10, prefix)
    .u32(12, sequence)
    .bytes(9, payload)
    .finish()
    .slice();
}

export interface PacketRow {
  group?: number;
  prefix?: string;
  source?: string;
  destination?: string;
  sourcePort?: number;
  destinationPort?: number;
  protocol?: number;
  icmpTypeCode?: number;
  octets?: number;
  timeMs?: number;
  direction?: number;
  tcpControlBits?: number;
}

/**
 * A batch of packets written straight into its columns, without netlink. TCP from 10.0.0.1:1000 to
 * 10.0.0.2:80, unless said otherwise.
 */
export function batchOfPackets(packets: readonly PacketRow[]): PacketBatch {
  const batch = emptyBatch();
  for (const packet of packets) {
    const row = batch.length++;
    const prefix = new TextEncoder().encode(packet.prefix ?? '');
    batch.label[row] = batch.labelOf(packet.group ?? 5, prefix, 0, prefix.length);
    batch.source.set(parseAddress(packet.source ?? '10.0.0.1')!, row * 4);
    batch.destination.set(parseAddress(packet.destination ?? '10.0.0.2')!, row * 4);
    batch.sourcePort[row] = packet.sourcePort ?? 1000;
    batch.destinationPort[row] = packet.destinationPort ?? 80;
    batch.protocol[row] = packet.protocol ?? 6;
    batch.icmpTypeCode[row] = packet.icmpTypeCode ?? 0;
    batch.octets[row] = packet.octets ?? 60;
    batch.timeMs[row] = packet.timeMs ?? 0;
    batch.direction[row] = packet.direction ?? 1;
    batch.tcpControlBits[row] = packet.tcpControlBits ?? 0;
  }
  batch.counts[0] = packets.length;
  return batch;
}
