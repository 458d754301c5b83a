import { type Account, describeError, type Log, printableText } from '../../runtime/index.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { identityOf, type ReflectedKind } from './reflected-kind.ts';
import { ReflectionFault } from './reflection-fault.ts';
import type { ReflectorHandler } from './reflector-handler.ts';

export interface ReflectionParts<T> {
  /** In the log. */
  readonly name: string;
  readonly handler: ReflectorHandler<T>;
  readonly log: Log;
  readonly account: Account;
}

/**
 * What has come of a kind: it goes to the handler, and is counted. All that exists is collected aside, and
 * replaces what the handler knows once it is complete.
 */
export class Reflection<T> {
  readonly #kind: ReflectedKind<T>;
  readonly #parts: ReflectionParts<T>;
  #version: string | undefined;
  /** By identity. */
  #collected: Map<string, T> | undefined;
  #collectedObjects = 0;

  constructor(kind: ReflectedKind<T>, parts: ReflectionParts<T>) {
    this.#kind = kind;
    this.#parts = parts;
  }

  /** Up to which the handler knows everything. Undefined: it needs all that exists. */
  get version(): string | undefined {
    return this.#version;
  }

  get isCollecting(): boolean {
    return this.#collected !== undefined;
  }

  /** Objects that came and are aside. */
  get collectedObjects(): number {
    return this.#collectedObjects;
  }

  /** From here on until `complete`, objects are collected aside. */
  collect(): void {
    this.discard();
    this.#collected = new Map();
  }

  /** All that exists has come. @throws {ReflectionFault} */
  complete(version: string): void {
    const items = this.#collected!;
    this.#tellHandler(() => this.#parts.handler.replace(items.values()));
    this.#parts.account.sent += items.size;
    this.#parts.account.drop('superseded', this.#collectedObjects - items.size);
    this.#collected = undefined;
    this.#collectedObjects = 0;
    this.#version = version;
  }

  /** What was collected is not complete. The handler has heard nothing of it. */
  discard(): void {
    this.#parts.account.drop('list not complete', this.#collectedObjects);
    this.#collected = undefined;
    this.#collectedObjects = 0;
  }

  forgetVersion(): void {
    this.#version = undefined;
  }

  /** An object of a list, or one that a watch shows. Initial events come in any order of versions. */
  takeObject(object: KubernetesObject, isDeleted = false): void {
    this.#parts.account.received++;
    const item = this.#slim(object);
    if (this.#collected !== undefined) this.#takeAside(object, item, isDeleted);
    else if (item !== undefined) this.#takeChange(item.value, isDeleted);
    this.advance(object);
  }

  /** One that is too large to be read. */
  takeTooLarge(begin: string): void {
    const { account, log, name } = this.#parts;
    account.received++;
    account.drop('object too large');
    log.limited(name, 'object too large', `an object is too large to be read: ${printableText(begin)}`);
  }

  /** The handler knows everything up to the version of this object. */
  advance({ metadata: { resourceVersion } }: KubernetesObject): void {
    if (this.#collected === undefined && resourceVersion) this.#version = resourceVersion;
  }

  #takeAside(object: KubernetesObject, item: { value: T } | undefined, isDeleted: boolean): void {
    if (item === undefined) return;
    this.#collectedObjects++;
    if (isDeleted) this.#collected!.delete(identityOf(object));
    else this.#collected!.set(identityOf(object), item.value);
  }

  #takeChange(item: T, isDeleted: boolean): void {
    const { account, handler } = this.#parts;
    account.sent++;
    this.#tellHandler(() => (isDeleted ? handler.remove(item) : handler.upsert(item)));
  }

  /** Undefined for an object that is not as expected. The others go on. */
  #slim(object: KubernetesObject): { value: T } | undefined {
    const { account, log, name } = this.#parts;
    try {
      return { value: this.#kind.slim(object) };
    } catch (error) {
      account.drop('object unreadable');
      const { namespace, name: its } = object.metadata;
      log.limited(
        name,
        'object unreadable',
        () => `${namespace}/${its} cannot be read: ${describeError(error)}`,
      );
      return undefined;
    }
  }

  #tellHandler(tell: () => void): void {
    try {
      tell();
    } catch (cause) {
      throw new ReflectionFault('handler failed', `what came could not be stored: ${describeError(cause)}`, {
        cause,
      });
    }
  }
}
