/** The door for who asks a server: addresses and tokens, without what answers. */
export { readToken } from './bearer-token.ts';
export { type FileComplaint, readTextFile } from './credentials.ts';
export { formatHttpAddress, readSocketPath } from './http-address.ts';
export { REACH_HEADER } from './reach-header.ts';
export { keptTokenIn } from './token-source.ts';
