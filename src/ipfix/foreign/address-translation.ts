/**
 * Places of addresses before and after translation by foreign exporters. Weir's destinationIP is the
 * destination after translation, destinationServiceIP the one before. For the source it is the other way
 * round: sourceIP is before, proxySnatIP after.
 */
import { type Columns, isUnset } from '../../flow/index.ts';

/**
 * Exchanges the destination after translation, which the reader left in destinationServiceIP, with the one
 * before. Without translation there is no destination before.
 */
export function exchangeDestinations(columns: Columns, row: number): void {
  const { destinationIP, destinationServiceIP: other } = columns;
  const { destinationTransportPort: ports, destinationServicePort: otherPorts } = columns;
  const at = row * 4;
  const port = ports[row]!;
  const after = otherPorts[row]! || port;
  if (isUnset(other, at)) {
    other.fill(0, at, at + 4);
    otherPorts[row] = 0;
  } else if (isSame(other, destinationIP, at) && after === port) {
    other.fill(0, at, at + 4);
    otherPorts[row] = 0;
  } else {
    for (let word = at; word < at + 4; word++) {
      const before = destinationIP[word]!;
      destinationIP[word] = other[word]!;
      other[word] = before;
    }
    ports[row] = after;
    otherPorts[row] = port;
  }
}

/** Removes the source after translation when the source was not translated. */
export function forgetSameSources(columns: Columns, row: number): void {
  const { proxySnatIP, proxySnatPort, sourceIP, sourceTransportPort } = columns;
  const at = row * 4;
  const isSamePort = proxySnatPort[row] === 0 || proxySnatPort[row] === sourceTransportPort[row];
  if (!isUnset(proxySnatIP, at) && !(isSame(proxySnatIP, sourceIP, at) && isSamePort)) return;
  proxySnatIP.fill(0, at, at + 4);
  proxySnatPort[row] = 0;
}

function isSame(one: Uint32Array, other: Uint32Array, at: number): boolean {
  for (let word = at; word < at + 4; word++) if (one[word] !== other[word]) return false;
  return true;
}
