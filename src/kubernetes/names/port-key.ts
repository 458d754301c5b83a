/** The number of a port in keys: one port number serves TCP and UDP. Never 0. */
export const portKey = (protocol: number, port: number): number => protocol * 0x1_0000 + port;
