import { readFile } from 'node:fs/promises';

/** States of /proc/net/tcp (include/net/tcp_states.h). */
const LISTEN = '0A';
/** 127.0.0.1, and every address, as that file writes them. */
const localAddresses = ['0100007F', '00000000'];

/**
 * Whether a process of this user listens on 127.0.0.1. Any user may listen on a port above 1023 that is free,
 * so a secret is only for the own one.
 */
export async function isOwnListener(port: number): Promise<boolean> {
  const sockets = await readFile('/proc/net/tcp', 'utf8').catch(() => '');
  const users = listenersIn(sockets, port);
  return users.length > 0 && users.every((uid) => uid === process.getuid?.());
}

/** The users who listen on a port of 127.0.0.1, by the text of /proc/net/tcp. */
export function listenersIn(sockets: string, port: number): number[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  return sockets.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , uid] = line.trim().split(/\s+/);
    const [address = '', localPort] = local.split(':');
    return localPort === wanted && state === LISTEN && localAddresses.includes(address) ? [Number(uid)] : [];
  });
}
