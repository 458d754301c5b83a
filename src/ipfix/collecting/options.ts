import { integer, megabytes } from '../../runtime/index.ts';

const MEBI = 1_048_576;

/** Bounds of the sessions that receive IPFIX. */
export const sessionOptions = {
  maxSessions: integer(1, 1_048_576, {
    description:
      'sessions open over TCP, and as many over UDP; beyond, those of the address with the most give way',
    default: 8_192,
  }),
  maxAddressOctets: megabytes(65_536, {
    description: 'memory for sessions of one address: templates, domains, messages whose rest has not come',
    default: 32 * MEBI,
  }),
  maxSessionOctets: megabytes(65_536, { description: 'memory for all sessions', default: 192 * MEBI }),
};
