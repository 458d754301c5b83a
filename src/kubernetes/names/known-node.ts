import type { RepeatedName } from '../../flow/index.ts';
import { noName } from './name-pool.ts';
import type { TimedOwner } from './timed-index.ts';

/** A Node by its name. Pods may name it before it is known itself. */
export class KnownNode implements TimedOwner {
  /** Its own number, from 1. */
  readonly number = ++nodes;
  /**
   * In place of an address, for the ports at which its Pods listen. It is of the same kind as columns of
   * addresses, so that searches stay fast.
   */
  readonly portsKey = new Uint32Array([this.number, 0, 0, 0]);
  readonly name: RepeatedName;
  zone = noName;
  uid = noName;
  /** The number of Pods that refer to it; nothing holds it when that is 0 and the Node is gone. */
  pods = 0;

  constructor(name: RepeatedName) {
    this.name = name;
  }

  /** A Pod is surer, because it cannot have an address of its node. */
  sureness(): number {
    return 0;
  }
}

let nodes = 0;
