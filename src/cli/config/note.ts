/** Something about a valid configuration that its reader should know. */
export interface Note {
  readonly file: string;
  readonly key: string;
  /** Line of the key; undefined when it is not in the file, and its default is meant. */
  readonly line: number | undefined;
  readonly text: string;
  readonly remedy?: string;
  /** Whether Weir does not start with it. */
  readonly stops: boolean;
}

type Place = Pick<Note, 'file' | 'key' | 'line'>;

export const noTls = (place: Place, remedy: string): Note => ({
  ...place,
  text: `${place.line === undefined ? 'by default this is tls, and ' : ''}TLS is not available yet`,
  remedy,
  stops: true,
});

export const noGrpc = (place: Place): Note => ({
  ...place,
  text: 'grpc is not available',
  remedy: 'End the address with :tcp or :udp: agents send IPFIX.',
  stops: true,
});

export const notYet = (place: Place, what: string, remedy: string): Note => ({
  ...place,
  text: `${what} is not available yet`,
  remedy,
  stops: true,
});

export function formatNote({ file, line, key, text, remedy }: Note): string {
  return `${file}:${line === undefined ? '' : `${line}:`} ${key}: ${text}${remedy === undefined ? '' : `\n  ${remedy}`}`;
}
