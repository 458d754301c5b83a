/** A string of LogQL or LogsQL: what JSON escapes, Go reads the same. */
export const textLiteral = (text: string): string => JSON.stringify(text.toWellFormed());

/** A value as labels and metadata have it: a question mark stands for what was not UTF-8. */
export const asMetadata = (text: string): string => text.toWellFormed().replaceAll('\ufffd', '?');

/** A regular expression (RE2) that this text alone fulfils. */
export const escapedPattern = (text: string): string => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
