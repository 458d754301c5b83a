/** A number of 32 bits that is the same for the same text in each run: FNV-1a of its octets. */
export function hashOfText(text: string): number {
  let hash = 0x811c9dc5;
  for (const octet of new TextEncoder().encode(text)) hash = Math.imul(hash ^ octet, 0x0100_0193);
  return hash >>> 0;
}
