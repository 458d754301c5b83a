import { actionOfWord, directionOf, type Verdict } from './verdict.ts';

/** The named groups that a pattern may have. */
export const patternGroups = ['action', 'direction', 'namespace', 'policy', 'rule'] as const;

/**
 * A regular expression for the prefixes of log rules. Its named groups describe the packets; `given` fills in
 * what they do not capture.
 */
export interface PrefixPattern {
  readonly expression: RegExp;
  readonly given?: Partial<Verdict>;
}

/** The verdict of a pattern for a prefix, with gaps from `otherwise`; undefined when it does not match. */
export function verdictOfPrefix(
  { expression, given }: PrefixPattern,
  prefix: string,
  otherwise: Verdict,
): Verdict | undefined {
  const match = expression.exec(prefix);
  if (match === null) return undefined;
  const { action = '', direction = '', namespace = '', policy = '', rule = '' } = match.groups ?? {};
  return {
    action: actionOfWord(action) ?? given?.action ?? otherwise.action,
    namespace: namespace || (given?.namespace ?? otherwise.namespace),
    policy: policy || (given?.policy ?? otherwise.policy),
    rule: rule || (given?.rule ?? otherwise.rule),
    policyType: given?.policyType ?? otherwise.policyType,
    direction: directionOf(direction) ?? given?.direction ?? otherwise.direction,
  };
}

/** Why a pattern's source cannot be used, as "expected …"; undefined when it can. */
export function objectionToPattern(source: string): string | undefined {
  try {
    new RegExp(source);
  } catch (error) {
    return `a regular expression (${(error as Error).message})`;
  }
  const known: readonly string[] = patternGroups;
  for (const [, name] of source.matchAll(/\(\?<([A-Za-z_$][\w$]*)>/g)) {
    if (!known.includes(name!)) return `only groups named ${known.join(', ')}, not "${name}"`;
  }
  return undefined;
}
