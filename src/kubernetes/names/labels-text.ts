import { MAX_NAME_OCTETS } from '../../flow/index.ts';

/** Labels that differ with each rollout and say nothing to people. */
export const labelsOfControllers = [
  'pod-template-hash',
  'controller-revision-hash',
  'pod-template-generation',
] as const;

/**
 * Labels as a JSON object, in the order of their keys; an empty text for none. A label for which there is no
 * room within the bound of a name is left out.
 */
export function labelsText(labels: Readonly<Record<string, unknown>>, leftOut: ReadonlySet<string>): string {
  let text = '';
  let octets = 2;
  for (const key of Object.keys(labels).sort()) {
    const value = labels[key];
    if (typeof value !== 'string' || leftOut.has(key)) continue;
    const pair = `${text === '' ? '' : ','}${JSON.stringify(key)}:${JSON.stringify(value)}`;
    octets += Buffer.byteLength(pair);
    if (octets > MAX_NAME_OCTETS) break;
    text += pair;
  }
  return text === '' ? '' : `{${text}}`;
}
