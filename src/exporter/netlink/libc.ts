import { constants } from 'node:os';
import koffi from 'koffi';

/** The calls of the C library that a netlink socket needs. Below zero means an error: see `lastErrno()`. */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, octets: number): number;
  getsockname(fd: number, address: Uint8Array, octets: Uint8Array): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, octets: number): number;
  getsockopt(fd: number, level: number, name: number, value: Uint8Array, octets: Uint8Array): number;
  send(fd: number, bytes: Uint8Array, octets: number, flags: number): number;
  recv(fd: number, bytes: Uint8Array, octets: number, flags: number): number;
  setns(fd: number, type: number): number;
  close(fd: number): number;
}

let loaded: Libc | undefined;

/**
 * Bound at first use, from the process itself. So the library's file name never matters, and other platforms
 * can load this module.
 */
export function loadLibc(): Libc {
  if (loaded !== undefined) return loaded;
  const library = koffi.load(null);
  loaded = {
    socket: library.func('int socket(int domain, int type, int protocol)'),
    bind: library.func('int bind(int fd, void *address, uint octets)'),
    getsockname: library.func('int getsockname(int fd, void *address, void *octets)'),
    setsockopt: library.func('int setsockopt(int fd, int level, int name, void *value, uint octets)'),
    getsockopt: library.func('int getsockopt(int fd, int level, int name, void *value, void *octets)'),
    send: library.func('intptr_t send(int fd, void *bytes, size_t octets, int flags)'),
    recv: library.func('intptr_t recv(int fd, void *bytes, size_t octets, int flags)'),
    setns: library.func('int setns(int fd, int type)'),
    close: library.func('int close(int fd)'),
  };
  return loaded;
}

/** errno of the last failed call on this thread. */
export function lastErrno(): number {
  return koffi.errno();
}

const names = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/** "EPERM" for 1; numbers without a name stay numbers. */
export function errnoName(errno: number): string {
  return names.get(errno) ?? `errno ${errno}`;
}
