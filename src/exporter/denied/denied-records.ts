import {
  BatchLayout,
  BiflowDirection,
  Dictionary,
  type FieldName,
  FlowBatch,
  turnRecord,
} from '../../flow/index.ts';
import type { Clock } from '../../runtime/index.ts';
import { type ConnectionDirection, DirectionFlag } from '../connection-direction.ts';
import {
  endsWithWorkloads,
  FlowEnds,
  flowEnds,
  observerOfEnds,
  type Places,
  typeOfEnds,
} from '../flow-ends.ts';
import type { RecordNamer } from '../record-namer.ts';
import { DENIED_KEY_WORDS, type DeniedFlowTable } from './denied-flow-table.ts';
import { questionOf } from './opening.ts';
import { PacketDirection } from './packet-batch.ts';
import type { Verdict } from './verdict.ts';

/** The fields of a denied flow's record. It has counters for the denied direction only. */
const carried: readonly FieldName[] = [
  'flowStartMilliseconds',
  'flowEndMilliseconds',
  'flowEndReason',
  'biflowDirection',
  'observationPointId',
  'sourceIP',
  'destinationIP',
  'sourceTransportPort',
  'destinationTransportPort',
  'protocolIdentifier',
  'destinationServiceIP',
  'destinationServicePort',
  'icmpTypeCode',
  'sourceNodeName',
  'destinationNodeName',
  'flowType',
  'octetTotalCount',
  'packetTotalCount',
  'octetDeltaCount',
  'packetDeltaCount',
  'reverseOctetTotalCount',
  'reversePacketTotalCount',
  'reverseOctetDeltaCount',
  'reversePacketDeltaCount',
  'ingressNetworkPolicyNamespace',
  'ingressNetworkPolicyName',
  'ingressNetworkPolicyType',
  'ingressNetworkPolicyRuleName',
  'ingressNetworkPolicyRuleAction',
  'egressNetworkPolicyNamespace',
  'egressNetworkPolicyName',
  'egressNetworkPolicyType',
  'egressNetworkPolicyRuleName',
  'egressNetworkPolicyRuleAction',
  'ingressInterface',
  'egressInterface',
  'vlanId',
  'ipClassOfService',
  'tcpControlBits',
];
const BATCH_ROWS = 512;

/** The node that sees a denied flow, and what it knows about places. */
export interface DeniedNode {
  readonly name: string;
  readonly network: Places;
  readonly directions: Pick<ConnectionDirection, 'ofPorts'>;
  /** Names the ends of records before they leave. */
  readonly namer?: RecordNamer | undefined;
}

/** Octets of names after which later batches get a new dictionary. */
const DICTIONARY_OCTETS = 65_536;

interface VerdictIds {
  readonly namespace: number;
  readonly policy: number;
  readonly rule: number;
}

/** Writes flows of the table into batches of records, and emits each batch when it is full or flushed. */
export class DeniedRecords {
  readonly #onFlows: (batch: FlowBatch) => void;
  readonly #clock: Pick<Clock, 'wallAt'>;
  readonly #node: DeniedNode | undefined;
  readonly #layout: BatchLayout;
  #dictionary = new Dictionary();
  #ids = new Map<Verdict, VerdictIds>();
  #batch: FlowBatch | undefined;

  /** @param clock converts the flows' times to wall time */
  constructor(onFlows: (batch: FlowBatch) => void, clock: Pick<Clock, 'wallAt'>, node?: DeniedNode) {
    this.#onFlows = onFlows;
    this.#clock = clock;
    this.#node = node;
    this.#layout = new BatchLayout([...carried, ...(node?.namer?.fields ?? [])], BATCH_ROWS);
  }

  /** How far the wall clock is ahead of the monotonic clock. */
  get aheadMs(): number {
    return this.#clock.wallAt(0);
  }

  /** Adds a record of everything known about the flow; its deltas cover the packets since the last record. */
  add(table: DeniedFlowTable, slot: number, endReason: number): void {
    this.#batch ??= new FlowBatch(this.#layout, this.#dictionary);
    const { columns, length: row } = this.#batch;
    const packets = table.packets[slot]!;
    const octets = table.octets[slot]!;
    columns.flowStartMilliseconds[row] = this.aheadMs + table.firstMs[slot]!;
    columns.flowEndMilliseconds[row] = this.aheadMs + table.lastMs[slot]!;
    columns.flowEndReason[row] = endReason;
    columns.octetTotalCount[row] = octets;
    columns.packetTotalCount[row] = packets;
    columns.octetDeltaCount[row] = octets - table.recordedOctets[slot]!;
    columns.packetDeltaCount[row] = packets - table.recordedPackets[slot]!;
    columns.reverseOctetTotalCount[row] = Number.NaN;
    columns.reversePacketTotalCount[row] = Number.NaN;
    columns.reverseOctetDeltaCount[row] = Number.NaN;
    columns.reversePacketDeltaCount[row] = Number.NaN;
    columns.ingressInterface[row] = table.ingressInterface[slot]!;
    columns.egressInterface[row] = table.egressInterface[slot]!;
    for (let i = 0; i < 4; i++) columns.destinationServiceIP[row * 4 + i] = table.services[slot * 4 + i]!;
    columns.destinationServicePort[row] = table.servicePorts[slot]!;
    columns.vlanId[row] = table.vlanId[slot]!;
    columns.ipClassOfService[row] = table.classOfService[slot]!;
    columns.tcpControlBits[row] = table.tcpControlBits[slot]!;
    this.#addKey(this.#batch, row, table.keys, slot * DENIED_KEY_WORDS);
    if (this.#node !== undefined) {
      this.#addEnds(this.#batch, row, table, slot, this.#node);
    }
    this.#addVerdict(this.#batch, row, table.verdicts[slot]!, isEgress(table, slot));
    this.#addDirection(this.#batch, row, table.opening[slot]!);
    this.#batch.length++;
    if (this.#batch.isFull) this.flush();
  }

  flush(): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    this.#batch = undefined;
    this.#node?.namer?.name(batch);
    if (this.#dictionary.octets > DICTIONARY_OCTETS) {
      this.#dictionary = new Dictionary();
      this.#ids = new Map();
    }
    this.#onFlows(batch);
  }

  #addKey({ columns }: FlowBatch, row: number, keys: Uint32Array, at: number): void {
    for (let i = 0; i < 4; i++) {
      columns.sourceIP[row * 4 + i] = keys[at + i]!;
      columns.destinationIP[row * 4 + i] = keys[at + 4 + i]!;
    }
    columns.sourceTransportPort[row] = keys[at + 8]! >>> 16;
    columns.destinationTransportPort[row] = keys[at + 8]! & 0xffff;
    columns.protocolIdentifier[row] = keys[at + 9]!;
    columns.icmpTypeCode[row] = keys[at + 10]! & 0xffff;
  }

  #addEnds(
    { columns }: FlowBatch,
    row: number,
    { ends, keys, opening, firstMs }: DeniedFlowTable,
    slot: number,
    { name, network, directions }: DeniedNode,
  ): void {
    const at = slot * DENIED_KEY_WORDS;
    const beganMs = firstMs[slot]!;
    const before = ends[slot]!;
    const known =
      before === 0
        ? flowEnds(network, keys, at, at + 4, beganMs)
        : endsWithWorkloads(network, keys, at, at + 4, beganMs, before);
    ends[slot] = known;
    const nameOf = (here: number) => ((known & here) !== 0 ? this.#dictionary.internText(name) : 0);
    columns.sourceNodeName[row] = nameOf(FlowEnds.sourceHere);
    columns.destinationNodeName[row] = nameOf(FlowEnds.destinationHere);
    columns.flowType[row] = typeOfEnds(known, false);
    columns.observationPointId[row] = observerOfEnds(known, false);
    if (opening[slot] !== 0) return;
    const ports = keys[at + 8]!;
    opening[slot] = directions.ofPorts(keys[at + 9]!, keys, at, at + 4, ports >>> 16, ports & 0xffff, known);
  }

  /**
   * When the packets are answers, the record starts at the end that opened the flow, and counts them as
   * reverse.
   */
  #addDirection(batch: FlowBatch, row: number, opening: number): void {
    const { columns } = batch;
    if ((opening & DirectionFlag.turned) !== 0) {
      turnRecord(batch, row);
      columns.icmpTypeCode[row] = questionOf(columns.icmpTypeCode[row]!);
    }
    const isKnown = (opening & DirectionFlag.initiator) !== 0;
    columns.biflowDirection[row] = isKnown ? BiflowDirection.initiator : BiflowDirection.arbitrary;
  }

  #addVerdict({ columns }: FlowBatch, row: number, verdict: Verdict, isEgress: boolean): void {
    const ids = this.#idsOf(verdict);
    if (isEgress) {
      columns.egressNetworkPolicyNamespace[row] = ids.namespace;
      columns.egressNetworkPolicyName[row] = ids.policy;
      columns.egressNetworkPolicyType[row] = verdict.policyType;
      columns.egressNetworkPolicyRuleName[row] = ids.rule;
      columns.egressNetworkPolicyRuleAction[row] = verdict.action;
    } else {
      columns.ingressNetworkPolicyNamespace[row] = ids.namespace;
      columns.ingressNetworkPolicyName[row] = ids.policy;
      columns.ingressNetworkPolicyType[row] = verdict.policyType;
      columns.ingressNetworkPolicyRuleName[row] = ids.rule;
      columns.ingressNetworkPolicyRuleAction[row] = verdict.action;
    }
  }

  #idsOf(verdict: Verdict): VerdictIds {
    let ids = this.#ids.get(verdict);
    if (ids === undefined) {
      const { namespace, policy, rule } = verdict;
      const textId = (text: string) => this.#dictionary.internText(text);
      ids = { namespace: textId(namespace), policy: textId(policy), rule: textId(rule) };
      this.#ids.set(verdict, ids);
    }
    return ids;
  }
}

/**
 * Whether the sender's side denied it. For a forwarded packet, that is the side whose end is on this node,
 * else the receiver's.
 */
function isEgress({ keys, ends }: DeniedFlowTable, slot: number): boolean {
  const direction = keys[slot * DENIED_KEY_WORDS + 10]! >>> 16;
  if (direction !== PacketDirection.forward) return direction === PacketDirection.egress;
  return (ends[slot]! & (FlowEnds.sourceHere | FlowEnds.destinationHere)) === FlowEnds.sourceHere;
}
