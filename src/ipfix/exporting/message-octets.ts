/** Memory of messages that have left, for later ones. At most 4 MB: a message has 64 KB at most. */
const spares: ArrayBuffer[] = [];
const MAX_SPARES = 64;
/** Memory grows in such steps, so that it fits messages of nearly the same length. */
const STEP_OCTETS = 512;

/**
 * Copies a message out of its writer, into the memory of an earlier message that is as long or a bit longer.
 * New memory for each message costs page faults, and V8 collects garbage for it many times a second.
 */
export function copyMessage(message: Uint8Array): Uint8Array {
  const { length } = message;
  const place = spares.findLastIndex(({ byteLength }) => length <= byteLength && byteLength <= 1.25 * length);
  const [spare = new ArrayBuffer(Math.ceil(length / STEP_OCTETS) * STEP_OCTETS)] =
    place < 0 ? [] : spares.splice(place, 1);
  const copy = new Uint8Array(spare, 0, length);
  copy.set(message);
  return copy;
}

/** Returns the memory of such a copy. Nobody may read the copy afterwards. */
export function releaseMessage({ buffer }: Uint8Array): void {
  if (spares.length === MAX_SPARES) spares.shift();
  spares.push(buffer as ArrayBuffer);
}
