import type { KeptEvent } from '../../flow/index.ts';

/** A test whether an event has all words of a text, in its message, names or facts, in any case. */
export function eventSearch(text: string): (event: KeptEvent) => boolean {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return () => true;
  return ({ kind, reason, objectKind, objectName, message, names, facts }) => {
    const all = [
      ...[kind, reason, objectKind, objectName, message],
      ...Object.values(names),
      ...Object.entries(facts).map(([name, value]) => `${name}=${value}`),
    ];
    const whole = all.join('\n').toLowerCase();
    return words.every((word) => whole.includes(word));
  };
}
