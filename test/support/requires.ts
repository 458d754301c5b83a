import { describe } from 'vitest';
import { isGiven, type Need, notGiven, unmetVariable, whyUnmet } from './needs.ts';

/**
 * A `describe` for tests that need more than Node:
 *
 *   requires('namespaces', 'tshark')('an exported record', () => { it(…) });
 *
 * Where a need is not met the tests are left out and the reason stands in the title. `npm test` has looked
 * already and installed what it could; under plain vitest this looks itself.
 */
export function requires(...needs: Need[]): (title: string, tests: () => void) => void {
  const unmet = needs.filter((need) => reasonToLeaveOut(need) !== undefined);
  if (unmet.length === 0) return (title, tests) => describe(title, tests);
  const how = unmet.every(isGiven) ? notGiven : 'left out';
  const reasons = unmet.map(reasonToLeaveOut).join('; ');
  return (title, tests) => describe.skipIf(true)(`${title} (${how}: ${reasons})`, tests);
}

const told = process.env[unmetVariable];
const known = new Map<Need, string | undefined>(
  told === undefined ? [] : (Object.entries(JSON.parse(told)) as []),
);

function reasonToLeaveOut(need: Need): string | undefined {
  if (told === undefined && !known.has(need)) known.set(need, whyUnmet(need));
  return known.get(need);
}
