import { buildServers, builtServers, isBuilt } from '../test/support/built-servers.ts';
import {
  isInstalled,
  isRoot,
  type Need,
  type ProgramName,
  programs,
  purposes,
  whyUnmet,
} from '../test/support/needs.ts';
import { installDebianPackages, isDebian } from './debian-packages.ts';

type Say = (line: string) => void;

/**
 * Installs what the tests need and this machine lacks, when possible: programs from Debian, servers built
 * from Go modules. Returns each unmet need with the reason.
 */
export async function meetNeeds(say: Say): Promise<Map<Need, string>> {
  const failures = new Map<Need, string>([...(await installPrograms(say)), ...(await buildMissing(say))]);
  const unmet = new Map<Need, string>();
  for (const need of purposes.keys()) {
    const reason = whyUnmet(need);
    if (reason === undefined) continue;
    const failure = failures.get(need);
    unmet.set(need, failure ? `${need}: ${failure}` : reason);
  }
  return unmet;
}

async function installPrograms(say: Say): Promise<Map<ProgramName, string>> {
  const missing = namesOf(programs).filter((program) => !isInstalled(program));
  if (missing.length === 0) return new Map();
  say(`Programs that tests need and this machine lacks: ${missing.join(', ')}`);
  if (!isDebian()) say('Not a Debian system: they are not installed.');
  else if (!isRoot()) say('Not root: they are not installed. As root, npm test installs them by apt-get.');
  else return installMissing(missing, say);
  return new Map();
}

async function installMissing(missing: readonly ProgramName[], say: Say): Promise<Map<ProgramName, string>> {
  const packageOf = (program: ProgramName) => programs[program].debianPackage;
  const failures = await installDebianPackages([...new Set(missing.map(packageOf))], say);
  return new Map(
    missing
      .filter((program) => failures.has(packageOf(program)))
      .map((program) => [program, failures.get(packageOf(program))!]),
  );
}

async function buildMissing(say: Say): Promise<Map<Need, string>> {
  const missing = namesOf(builtServers).filter((server) => !isBuilt(server));
  if (missing.length === 0) return new Map();
  const withoutGo = whyUnmet('go');
  if (withoutGo) return new Map(missing.map((server) => [server, withoutGo]));
  say(`Servers that tests need, built once a machine, which takes minutes: ${missing.join(', ')}`);
  return buildServers(say);
}

function namesOf<T extends object>(table: T): (keyof T & string)[] {
  return Object.keys(table) as (keyof T & string)[];
}
