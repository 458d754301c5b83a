import {
  domainOf,
  MAX_FILE_DOMAINS,
  type StatedSession,
  setDomain,
  statedSession,
} from '../../forward/index.ts';
import { TemplateStore } from '../../ipfix/index.ts';
import type { CapturedSession } from './captured.ts';
import { RecentlyUsed } from './recently-used.ts';

const UDP = 17;

interface DomainOfFile {
  readonly session: CapturedSession;
  readonly originalDomain: number;
}

/**
 * The sessions of a file of messages. To a reader a file is one session (RFC 5655). Weir's own files state
 * whose the messages of each domain are, so these are read as the sessions that they were.
 */
export class FileSessions {
  readonly #stated = new RecentlyUsed<CapturedSession>(MAX_FILE_DOMAINS);
  readonly #domains = new RecentlyUsed<DomainOfFile, number>(MAX_FILE_DOMAINS);
  /** That of the messages of which nothing is stated. */
  readonly #plain = sessionOf(undefined);

  /**
   * The session of a message, which gets the domain that it had there. Undefined for a statement.
   * @param message is changed
   */
  take(message: Uint8Array): CapturedSession | undefined {
    const stated = statedSession(message);
    if (stated !== undefined) {
      const session = this.#sessionOf(stated);
      this.#domains.set(stated.domain, { session, originalDomain: stated.originalDomain });
      return undefined;
    }
    const domain = this.#domains.get(domainOf(message) ?? -1);
    if (domain === undefined) return this.#plain;
    setDomain(message, domain.originalDomain);
    return domain.session;
  }

  #sessionOf(stated: StatedSession): CapturedSession {
    const key = `${stated.exporter} ${stated.ipProtocol}`;
    const known = this.#stated.get(key);
    if (known !== undefined) return known;
    const session = sessionOf(stated);
    this.#stated.set(key, session);
    return session;
  }
}

const sessionOf = (stated: StatedSession | undefined): CapturedSession => ({
  exporter: stated?.exporter,
  transport: stated === undefined ? 'file' : stated.ipProtocol === UDP ? 'udp' : 'tcp',
  exportProtocol: 'ipfix',
  templates: new TemplateStore({ obeysWithdrawals: stated?.ipProtocol !== UDP }),
});
