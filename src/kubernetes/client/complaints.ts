import { describeError, type Log } from '../../runtime/index.ts';
import type { KubernetesError, RequestWords } from './kubernetes-error.ts';

/** Says once what only a person can mend: rights and credentials. Once it works again, it is said anew. */
export class Complaints {
  readonly #log: Log;
  #areCredentialsRefused = false;
  /** Scopes by verb and resource. */
  readonly #forbidden = new Map<string, string>();

  constructor(log: Log) {
    this.#log = log;
  }

  refused(error: KubernetesError, { verb, resource, scope }: RequestWords): void {
    if (error.code === 'WEIR_KUBERNETES_UNAUTHENTICATED' && !this.#areCredentialsRefused) {
      this.#areCredentialsRefused = true;
      this.#log.error('kubernetes', describeError(error));
    }
    const request = `${verb} ${resource}`;
    if (error.code === 'WEIR_KUBERNETES_FORBIDDEN' && !this.#forbidden.has(request)) {
      this.#forbidden.set(request, scope);
      this.#log.error('kubernetes', describeError(error));
    }
  }

  allowed({ verb, resource, scope }: RequestWords): void {
    if (this.#areCredentialsRefused) {
      this.#areCredentialsRefused = false;
      this.#log.info('kubernetes', 'the API server accepts the credentials of this process now');
    }
    const request = `${verb} ${resource}`;
    if (this.#forbidden.get(request) !== scope) return;
    this.#forbidden.delete(request);
    this.#log.info('kubernetes', `the API server allows this process to ${request} ${scope} now`);
  }
}
