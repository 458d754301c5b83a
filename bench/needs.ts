import { type BuiltServerName, buildServers, builtServers, isBuilt } from '../test/support/built-servers.ts';
import { type Need, whyUnmet } from '../test/support/needs.ts';

/** Builds the missing servers, unless something else is missing. Returns why needs are not met. */
export async function unmetNeeds(needs: readonly Need[]): Promise<string[]> {
  const isMissing = needs.some((need) => !isServer(need) && whyUnmet(need) !== undefined);
  const isToBuild = needs.filter(isServer).some((server) => !isBuilt(server));
  if (isToBuild && !isMissing) await buildServers(console.error);
  return needs.map(whyUnmet).filter((why) => why !== undefined);
}

const isServer = (need: Need): need is BuiltServerName => need in builtServers;
