/** A string of LogQL or LogsQL: what JSON escapes, Go reads the same. */
export const literal = (text: string): string => JSON.stringify(text.toWellFormed());

/** A regular expression (RE2) that this text alone fulfils. */
export const escaped = (text: string): string => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
