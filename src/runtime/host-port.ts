import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

export interface HostPort {
  /** A name or an address, an IPv6 one without brackets. */
  readonly host: string;
  readonly port: number;
}

const hostPort = /^(?:\[(?<v6>[0-9a-fA-F:.]+(?:%.+)?)\]|(?<name>[^:[\]/\s]+)):(?<port>\d{1,5})$/;

/** Reads 0.0.0.0:9464 or [::]:9464; undefined for other text. */
export function readHostPort(text: string): HostPort | undefined {
  const { v6, name, port } = hostPort.exec(text)?.groups ?? {};
  const host = v6 ?? name ?? '';
  return isHost(host) && Number(port) <= 65_535 ? { host, port: Number(port) } : undefined;
}

export const formatHostPort = ({ host, port }: HostPort): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** The address that means all of this host: those of both families, unless it has no IPv6 at all. */
export function everyAddress(interfaces = networkInterfaces()): '::' | '0.0.0.0' {
  const addresses = Object.values(interfaces).flatMap((link) => link ?? []);
  return addresses.some(({ family }) => family === 'IPv6') ? '::' : '0.0.0.0';
}

/** Whether a text can be a host: 10.0.0.777 is neither an address nor a name. */
export function isHost(text: string): boolean {
  const isNumeric = /^[\d.]+$/.test(text) || text.includes(':');
  return text !== '' && (!isNumeric || isIP(text) !== 0);
}
