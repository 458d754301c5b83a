/** A string in LogQL or LogsQL: Go reads JSON's escapes the same way. */
export const textLiteral = (text: string): string => JSON.stringify(text.toWellFormed());

/** A value in the form of labels and metadata: a question mark replaces what was not UTF-8. */
export const asMetadata = (text: string): string => text.toWellFormed().replaceAll('\ufffd', '?');

/** A regular expression (RE2) that only this text matches. */
export const escapedPattern = (text: string): string => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
