import type { NetworkNamespace } from './namespace.ts';

export interface Counted {
  packets: number;
  octets: number;
}

/** Loads nftables rules as text (what `nft -f` reads) into the namespace. */
export async function loadRules(namespace: NetworkNamespace, rules: string): Promise<void> {
  await namespace.run(['nft', '-f', '-'], { input: rules });
}

/**
 * Turns connection tracking on for packets that the namespace receives, forwards or sends. The kernel leaves
 * it off until a rule needs it.
 */
export async function trackConnections(namespace: NetworkNamespace): Promise<void> {
  await loadRules(
    namespace,
    `table inet track {
       chain received {
         type filter hook prerouting priority 0
         ct state new
       }
       chain sent {
         type filter hook output priority 0
         ct state new
       }
     }`,
  );
}

/** The named counters of all the namespace's tables (`counter NAME {}` in the rules), by name. */
export async function readCounters(namespace: NetworkNamespace): Promise<Record<string, Counted>> {
  const listed = await namespace.run(['nft', '-j', 'list', 'counters']);
  const counters: Record<string, Counted> = {};
  for (const { counter } of JSON.parse(listed).nftables) {
    if (counter) counters[counter.name] = { packets: counter.packets, octets: counter.bytes };
  }
  return counters;
}
