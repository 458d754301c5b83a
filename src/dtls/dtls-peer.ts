/** Who sends to a server, by address and port. */
export interface DtlsPeer {
  /** Both as text: 192.0.2.1:4739. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
}
