/** A number of 32 bits that is the same for the same octets in each run: FNV-1a of `bytes[start, end)`. */
export function hashOfOctets(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return hash >>> 0;
}

export const hashOfText = (text: string): number => hashOfOctets(new TextEncoder().encode(text));
