import type { LogEntry, LogLevel } from '../../runtime/index.ts';

/** An entry as Loki gets it: the level becomes a label, the line is JSON. */
export interface LogLine {
  readonly timeMs: number;
  readonly level: LogLevel;
  readonly line: string;
  /** Whether something was too long and has lost its end. */
  readonly isCut: boolean;
}

/** UTF-16 units. Loki's own limit of a line is 256 KiB by default. */
const MAX_TEXT = 16_384;
const MAX_FIELD = 1_024;

/**
 * @param sequence counts the entries of a process. It shows gaps in Loki, and distinguishes equal entries.
 * Loki keeps one of several lines with the same time and text in one stream, so a batch can be pushed again.
 */
export function logLine(entry: LogEntry, instance: string, sequence: number): LogLine {
  let isCut = false;
  const fittedText = (text: string, most: number): string => {
    if (text.length > most) isCut = true;
    return (text.length > most ? `${text.slice(0, most)}…` : text).toWellFormed();
  };
  const fields = Object.entries(entry.fields).map(([name, value]) => [
    name,
    typeof value === 'string' ? fittedText(value, MAX_FIELD) : value,
  ]);
  const line = JSON.stringify({
    ...Object.fromEntries(fields),
    component: fittedText(entry.component, MAX_FIELD),
    text: fittedText(entry.text, MAX_TEXT),
    instance,
    sequence,
  });
  return { timeMs: entry.timeMs, level: entry.level, line, isCut };
}
