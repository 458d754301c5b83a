/** Files of IPFIX messages (RFC 5655): writes received messages, and says whose they are. */

export { MAX_FILE_DOMAINS } from './file-domains.ts';
export { MessageFile, type MessageFileOptions } from './message-file.ts';
export { domainOf, type StatedSession, setDomain, statedSession } from './session-statement.ts';
