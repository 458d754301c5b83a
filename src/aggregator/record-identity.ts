import { type Columns, isUnset, Observer } from '../flow/index.ts';
import { FlowKey } from './flow-key.ts';

/** The identity of a record: what decides to which flow it belongs. One object is reused for all records. */
export class RecordIdentity {
  observer: Observer = Observer.source;
  /** The observer's number for the connection, 0 for none. */
  flowId = 0;
  /** Milliseconds since 1970, 0 for unknown. */
  start = 0;
  end = 0;
  readonly key = new FlowKey();
  /**
   * The key with the destination before NAT on the destination's node; the source's node may have seen only
   * that.
   */
  readonly alias = new FlowKey();
  hasAlias = false;
  /** The observer reports other ends than at the start of the flow: an address has moved since. */
  hasMoved = false;
  /** The current record has been turned (`turnRecord`) to match its flow. */
  isTurned = false;
  /** From an exporter that is no agent; and whether it has deltas only. */
  isForeign = false;
  tellsGrowth = false;
  /**
   * Whether it has one direction only and may be the reverse of a known flow, and whether it is. Then `alias`
   * is the flow's key.
   */
  mayPair = false;
  isReverse = false;

  /**
   * Reads the keys of row `i`. The key is the 5-tuple on the wire between the nodes. Its source is the one
   * after translation on the source's node, its destination the one before translation on the destination's
   * node.
   */
  readKeys(columns: Columns, i: number, exporter: number): void {
    const { observer, key, alias } = this;
    const at = i * 4;
    const protocol = columns.protocolIdentifier[i]!;
    let sourcePort = columns.sourceTransportPort[i]!;
    if (observer === Observer.source && !isUnset(columns.proxySnatIP, at)) {
      key.setSource(columns.proxySnatIP, at);
      sourcePort = columns.proxySnatPort[i]! || sourcePort;
    } else key.setSource(columns.sourceIP, at);
    key.setDestination(columns.destinationIP, at);
    const number = observer === Observer.neither ? exporter : 0;
    const port = columns.destinationTransportPort[i]!;
    key.setRest(sourcePort, port, number, protocol);

    this.hasAlias = false;
    if (this.mayPair) {
      alias.setSource(columns.destinationIP, at);
      alias.setDestination(columns.sourceIP, at);
      alias.setRest(port, sourcePort, number, protocol);
      return;
    }
    if (observer !== Observer.destination || isUnset(columns.destinationServiceIP, at)) return;
    alias.setSource(columns.sourceIP, at);
    alias.setDestination(columns.destinationServiceIP, at);
    alias.setRest(sourcePort, columns.destinationServicePort[i]! || port, number, protocol);
    this.hasAlias = alias.hash !== key.hash;
  }
}
